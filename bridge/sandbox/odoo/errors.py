"""What goes wrong, by the names that Odoo's answers carry, in the words of the series that is spoken."""

from __future__ import annotations

from typing import Any

LACKS_RIGHT = "Contact your administrator to request access if necessary."


class Fault(Exception):
    """A refusal: ``name`` is the dotted name of Odoo's exception, ``status`` what JSON-2 answers with."""

    def __init__(self, name: str, message: str, status: int, context: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.status = status
        self.context = context or {}

    def serialised(self) -> dict[str, Any]:
        """As both wires show it. ``debug`` holds a traceback of the real server: clients must not rely on it."""
        arguments: list[Any] = [self.message]
        if self.name.startswith("werkzeug."):
            arguments.append(self.status)
        return {
            "name": self.name,
            "message": self.message,
            "arguments": arguments,
            "context": self.context,
            "debug": f"Traceback (most recent call last):\n{self.name}: {self.message}",
        }


def access_error(message: str) -> Fault:
    return Fault("odoo.exceptions.AccessError", message, 403)


def access_denied() -> Fault:
    """A wrong password; JSON-2 knows only keys and says :func:`unauthorized`."""
    return Fault("odoo.exceptions.AccessDenied", "Access Denied", 403)


def unauthorized(message: str) -> Fault:
    return Fault("werkzeug.exceptions.Unauthorized", message, 401)


def missing(model: str, idents: list[int], uid: int) -> Fault:
    listed = ", ".join(map(str, idents)) + ("," if len(idents) == 1 else "")
    text = f"Record does not exist or has been deleted.\n(Record: {model}({listed}), User: {uid})"
    return Fault("odoo.exceptions.MissingError", text, 404)


def validation(message: str, context: dict[str, Any] | None = None) -> Fault:
    return Fault("odoo.exceptions.ValidationError", message, 422, context)


def user_error(message: str) -> Fault:
    return Fault("odoo.exceptions.UserError", message, 422)


def value_error(message: str) -> Fault:
    return Fault("builtins.ValueError", message, 500)


def type_error(message: str) -> Fault:
    return Fault("builtins.TypeError", message, 500)


def attribute_error(message: str) -> Fault:
    return Fault("builtins.AttributeError", message, 500)


def not_found(message: str) -> Fault:
    return Fault("werkzeug.exceptions.NotFound", message, 404)


def unprocessable(message: str) -> Fault:
    return Fault("werkzeug.exceptions.UnprocessableEntity", message, 422)


def bad_request(message: str) -> Fault:
    return Fault("werkzeug.exceptions.BadRequest", message, 400)


def not_an_id(value: object) -> Fault:
    """A name where an id belongs reaches the database, which says so."""
    return Fault(
        "psycopg2.errors.InvalidTextRepresentation", f'invalid input syntax for type integer: "{value}"\n', 500
    )


def dangling(title: str, field: str, label: str, model: str) -> Fault:
    """A reference that only the database checks."""
    text = (
        "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
        f"The troublemaker is: '{title}' ({model})\nThanks to the following constraint: '{label}' ({field})\n"
        "How about archiving the record instead?"
    )
    return validation(text)


def not_set(series: int, title: str, model: str, label: str, field: str) -> Fault:
    """A mandatory field without a value."""
    if series < 19:
        return validation(
            "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another "
            "model requires the record being deleted. If possible, archive it instead.\n\n"
            f"Model: {title} ({model})\nField: {label} ({field})\n"
        )
    return validation(
        f"The operation cannot be completed: Missing required value for the field '{label}' ({field}).\n"
        f"Model: '{title}' ({model})\n- create/update: a mandatory field is not set\n- delete: another model requires "
        "the record being deleted, you can archive it instead\n"
    )


def top_secret(who: str, uid: int, operation: str, title: str, model: str, company: bool) -> Fault:
    """A record rule hides the record."""
    text = (
        "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
        f"Sorry, {who} (id={uid}) doesn't have '{operation}' access to:\n- {title} ({model})\n\n"
        "If you really, really need access, perhaps you can win over your friendly administrator with a batch of "
        "freshly baked cookies."
    )
    if company:
        text += (
            "\n\nThis seems to be a multi-company issue, but you do not have access to the proper company to access "
            "the record anyhow."
        )
    return access_error(text)
