"""Sources of settings: environment variables, or files, as container platforms mount secrets.

Every variable may also be given as a file: ``<NAME>_FILE`` names one, or a file called ``<NAME>`` (or in lower case)
is in the directory that ``POLICYBRIDGE_SECRETS_DIR`` names (default ``/run/secrets``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import PrivateAttr, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.errors import InputError
from bridge.redaction import redact, remember
from bridge.yamlio.validate import advice

S = TypeVar("S", bound="EnvironmentSettings")
ONE_WORD = re.compile(r"[!-~]+")
"""A secret that can go into one line of a request."""
_SECRET = re.compile("SECRET|TOKEN|KEY")
_SECRET_FILE = re.compile("(SECRET|TOKEN|KEY|DATABASE_URL).*_FILE$")


class EnvironmentSettings(BaseSettings):
    """Base of settings that come from the environment or from files."""

    variables: ClassVar[str]
    """Prefix of its variables, unless a connection's env_prefix says otherwise."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, env_ignore_empty=True)

    _prefix: str = PrivateAttr("")

    @property
    def prefix(self) -> str:
        """Prefix of the variables that it was read from."""
        return self._prefix or self.variables

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        prefix = str(getattr(env_settings, "env_prefix", ""))
        return init_settings, env_settings, _NamedFiles(settings_cls, prefix), file_secret_settings


def read_settings(model: type[S], prefix: str = "", given: Mapping[str, Any] | None = None) -> S:
    """Settings whose variables begin with ``prefix``, or as usual. Raises ``InputError`` with every problem.

    ``given``: values by setting that replace those of the environment.
    """
    prefix = prefix or model.variables
    try:
        settings = model(_env_prefix=prefix, _secrets_dir=_secrets_dir(), **(given or {}))
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        raise InputError("\n".join(_line(model.variables, prefix, detail) for detail in wrong)) from error
    settings._prefix = prefix.upper()
    for secret in vars(settings).values():
        if isinstance(secret, SecretStr):
            remember(secret.get_secret_value())
    return settings


def secret_files() -> list[Path]:
    """Files from which settings are read that may hold a secret, whichever connection they are for.

    Those in /run/secrets are left out: a container platform has put them there, for one user.
    """
    named = [Path(value) for name, value in os.environ.items() if _SECRET_FILE.search(name) and value]
    folder = _secrets_dir() if "POLICYBRIDGE_SECRETS_DIR" in os.environ else None
    return sorted({*named, *(folder.iterdir() if folder else ())})


def secret_file(variable: str) -> Path | None:
    """The file a variable's value is read from; None: it is in the variable itself, or missing."""
    if os.environ.get(variable):
        return None
    if named := os.environ.get(f"{variable}_FILE"):
        return Path(named)
    secrets = _secrets_dir()
    return next((path for path in secrets.iterdir() if path.name.upper() == variable), None) if secrets else None


def read_variable(variable: str) -> str:
    """The value of a variable that a file names, wherever it is; empty if it is nowhere. It is a secret from now on."""
    found = os.environ.get(variable) or read_secret(variable)
    remember(found)
    return found


def read_secret(variable: str) -> str:
    """The current content of a variable's file; empty when there is no such file, or more than one word in it."""
    file, found = secret_file(variable), ""
    with suppress(OSError, UnicodeDecodeError):
        found = file.read_text(encoding="utf-8").strip() if file else ""
    return found if ONE_WORD.fullmatch(found) else ""


class _NamedFiles(PydanticBaseSettingsSource):
    """``<NAME>_FILE``: the variable's value is the content of the file it names."""

    def __init__(self, settings_cls: type[BaseSettings], prefix: str) -> None:
        super().__init__(settings_cls)
        self._prefix = prefix

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        variable = f"{self._prefix}{field_name}_FILE".upper()
        named = os.environ.get(variable)
        if not named:
            return None, field_name, False
        try:
            return Path(named).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            advice = "name a readable text file, or unset it"
            raise InputError(f"{variable}: {named} cannot be read ({reason}); {advice}") from error

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value}


def _secrets_dir() -> Path | None:
    secrets = Path(os.environ.get("POLICYBRIDGE_SECRETS_DIR", "/run/secrets"))
    return secrets if secrets.is_dir() else None


def _line(usual: str, prefix: str, detail: ErrorDetails) -> str:
    message = advice(detail)
    if not detail["loc"]:
        return message.replace(usual, prefix)
    variable = f"{prefix}{detail['loc'][0]}".upper()
    found = "a value that cannot be used" if _SECRET.search(variable) else redact(repr(detail["input"]))
    return f"{variable}: found {found}; {message}"
