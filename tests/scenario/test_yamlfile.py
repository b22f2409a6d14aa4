"""YAML files: what is read, and how precisely every problem is told."""

import json
import re
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from bridge.config.accounts_file import read_accounts
from bridge.errors import InputError
from bridge.policy.calendars.duration import LengthText
from bridge.yamlio.document import LARGE, MAX_WORK, WORK_OF_A_MARK, parse_all, read, read_all
from bridge.yamlio.nodes import MAX_NODES
from bridge.yamlio.validate import PATTERNS, load_model, validate

ROOT = Path(__file__).parents[2]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reply(Strict):
    kind: Literal["reply"]
    at: int
    reply: str = ""


class Note(Strict):
    kind: Literal["note"]
    at: int
    with_: str = Field("", alias="with")


class Shop(Strict):
    name: str
    level: Literal["low", "high"] = "low"
    events: list[Annotated[Reply | Note, Field(discriminator="kind")]] = []
    rooms: dict[str, Note] = {}
    either: int | bool = 0
    even: int = 0

    @field_validator("even")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("allowed: an even number")
        return value


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_model(text, Shop, name="shop.yaml")
    return str(caught.value).splitlines()


def value(text: str) -> object:
    (document,) = parse_all(text, name="f.yaml")
    return document.value


def test_text_stays_what_it_looks_like() -> None:
    assert value("opens: 17:00\non: off\nyes: no\nday: 2026-03-09\nat: 2026-03-02T08:00:00Z\nsign: =") == {
        "opens": "17:00",
        "on": "off",
        "yes": "no",
        "day": "2026-03-09",
        "at": "2026-03-02T08:00:00Z",
        "sign": "=",
    }


def test_numbers_truth_and_nothing_are_themselves() -> None:
    assert value("[12, 1.5, true, null, ~, '12', 017]") == [12, 1.5, True, None, None, "12", 17]


def test_anchors_and_merges_work_and_the_nearer_value_wins() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none: {<<: *b, x: 9}\ntwo: {<<: [*b, *m]}"
    assert value(text) == {
        "base": {"x": 1, "y": 2},
        "more": {"y": 3, "z": 4},
        "one": {"x": 9, "y": 2},
        "two": {"x": 1, "y": 2, "z": 4},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nnmae: b", "shop.yaml:2:1 nmae: unknown key: found 'nmae'; allowed: name, level, events, rooms, "),
        ("name: a\nlevel: hgh", "shop.yaml:2:8 level: found 'hgh'; allowed: low, high; did you mean 'high'?"),
        ("level: low", "shop.yaml:1:1 name: found nothing; this key is required"),
        ("name: 5", "shop.yaml:1:7 name: found 5; allowed: a text; put it in quotes"),
        ("name: a\nevents:", "shop.yaml:2:1 events: found nothing; allowed: a list"),
        ("name: a\nevents:\n- {kind: note, at: x}", "shop.yaml:3:20 events[0].at: found 'x'; allowed: a whole number"),
        (
            "name: a\nevents:\n- {kind: reply, at: 1, reply: s, foo: 1}",
            "shop.yaml:3:34 events[0].foo: unknown key: found 'foo'; allowed: kind, at, reply",
        ),
        (
            "name: a\nevents:\n- {kind: note, at: 1, wth: x}",
            "shop.yaml:3:23 events[0].wth: unknown key: found 'wth'; allowed: kind, at, with; did you mean 'with'?",
        ),
        (
            "name: a\nevents:\n- {kind: nte, at: 1}",
            "shop.yaml:3:10 events[0].kind: found 'nte'; allowed: reply, note; did you mean 'note'?",
        ),
        ("name: a\nevents:\n- {at: 1}", "shop.yaml:3:3 events[0].kind: found nothing; this key is required"),
        ("name: a\nevents: [5]", "shop.yaml:2:10 events[0]: found 5; allowed: keys with values"),
        ("name: a\nrooms:\n  x: {kind: note}", "shop.yaml:3:6 rooms.x.at: found nothing; this key is required"),
        ("name: a\neither: 'q; b'", "shop.yaml:2:9 either: found 'q; b'; allowed: a whole number or true or false"),
        ("name: a\neven: 3", "shop.yaml:2:7 even: found 3; allowed: an even number"),
        ("name: a\nname: b", "shop.yaml:2:1: found the key 'name' again (first in line 1); allowed: once"),
        ("name: !env a", "shop.yaml:1:7: found the tag '!env'; allowed: no tags"),
        ("name: !!int abc", "shop.yaml:1:7: found 'abc'; allowed: a value of type int"),
        ("? [a, b]\n: c", "shop.yaml:1:3: found [a, b] as a key; allowed: a text"),
        ("name: *who", "shop.yaml:1:7: not YAML: found undefined alias 'who'"),
        ("%YAML 1.1\n---\nname: on", "shop.yaml:1:1: found '%YAML 1.1'; allowed: YAML 1.2, without this line"),
        ("name: a\n---\nname: b", "shop.yaml: found 2 YAML documents; allowed: exactly one"),
        ("# nothing\n", "shop.yaml: found 0 YAML documents; allowed: exactly one"),
        ("<<: 3\nname: a", "shop.yaml:1:5: found 3 to merge; allowed: keys with values"),
    ],
)
def test_an_error_says_where_what_and_what_is_allowed(text: str, message: str) -> None:
    (line,) = problems(text)
    assert line.startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1", "2:1: not YAML: found a tab; indent with spaces"),
        ("a: [b, c", "1:4: not YAML: found '[' without a closing ']'; write it where the value ends"),
        ("a: {b: 1\nc: 2", "1:4: not YAML: found '{' without a closing '}' before line 2; write it where the value"),
        ("a: {b: 1, c: [2, 3}\nd: 1", "1:14: not YAML: found '[' without a closing ']'; write it where the value ends"),
        ("a: {b: 1}}", "1:10: not YAML: found '}' without an opening one; remove it, or put the whole text in quotes"),
        ("a: Gold: always", "1:8: not YAML: found a colon within a text; put the whole text in quotes"),
        ("a: {b: Gold: always}", "1:12: not YAML: found a colon within a text; put the whole text in quotes"),
        ("a: {b: 1,\n  c: Gold: always}", "2:10: not YAML: found a colon within a text; put the whole text in quotes"),
        ('a: {b: "x" y}', "1:12: not YAML: found something after a value; put a comma between them, or put"),
        ("a: {subject} is", "1:14: not YAML: found a text after a closing brace or quotation mark; put the whole text"),
        ("a: @home", "1:4: not YAML: found a text that begins with '@'; put the whole text in quotes"),
        ("a: * b", "1:4: not YAML: found a text that begins with '*'; put the whole text in quotes"),
        (
            'a: "b\nc: d',
            "1:4: not YAML: found an opening quotation mark without a closing one; close it where the text ends",
        ),
        ("a:\n  b: 1\n   c: 2", "3:5: not YAML: found 3 spaces before this line and 2 before the one above; give them"),
        (
            "a:\n    b: 1\n  c: 2",
            "3:3: not YAML: found 2 spaces before this; the lines it could belong to have 0 (line 1) or 4 (line 2)",
        ),
        ("a:\n  - b\n   - c: 2", "3:7: not YAML: found 3 spaces before this line and 2 before the one above; give"),
        ("a: 1\n- b", "2:1: not YAML: found a '-' among keys (from line 1); indent it, or write all of them alike"),
        ("- a\nb: 1", "2:1: not YAML: found a key among the items of a list (from line 1); indent it, or write all"),
        ("a: 1\nb:2\nc: 3", "2:1: not YAML: found 'b:2'; write a key, a colon, a space and the value"),
        ("a:\n  b:2\n  c: 3", "3:4: not YAML: found no value after 'b:2'; write a colon and a space between"),
        ('a: "\\d"', "1:6: not YAML: found unknown escape character 'd' while scanning a double-quoted scalar"),
    ],
)
def test_what_is_not_yaml_is_an_error_that_says_what_to_do(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_all(text, name="f.yaml")
    assert str(caught.value).startswith(f"f.yaml:{message}")


@given(st.text(st.sampled_from("ab:,{}[]\"'-#&*!|>%@` \n\t\\?"), max_size=40))
def test_every_text_is_read_or_reported_with_its_place(text: str) -> None:
    try:
        parse_all(text, name="f.yaml")
    except InputError as error:
        assert str(error).startswith("f.yaml:")  # noqa: PT017 - most texts are YAML, and then nothing is raised


def test_a_comma_that_tears_a_text_apart_is_recognised() -> None:
    (line,) = problems("name: a\nrooms:\n  x: {kind: note, at: 1, with: pen, and paper}")
    assert line.startswith("shop.yaml:3:37 rooms.x.and paper: unknown key: found 'and paper'; allowed: kind, at, with")
    assert line.endswith("; if it belongs to the text before it, put the whole text in quotes")


def test_dates_show_how_they_are_written() -> None:
    class Diary(Strict):
        day: date
        at: AwareDatetime

    with pytest.raises(InputError) as caught:
        load_model("day: 01.01.2026\nat: noon", Diary, name="d.yaml")
    assert str(caught.value).splitlines() == [
        "d.yaml:1:6 day: found '01.01.2026'; allowed: a date such as 2026-03-09",
        "d.yaml:2:5 at: found 'noon'; allowed: a date-time with offset such as 2026-03-02T08:00:00Z",
    ]


def test_advice_that_names_the_value_is_not_repeated() -> None:
    class Promise(Strict):
        within: LengthText

    with pytest.raises(InputError) as caught:
        load_model("within: 4 hours", Promise, name="p.yaml")
    message = "'4 hours' is not a length of time; write it as 30m, 4h, 2d, 1h30m or 5 business days"
    assert str(caught.value) == f"p.yaml:1:9 within: {message}"


def test_all_errors_come_at_once_in_the_order_of_the_file() -> None:
    lines = problems("levl: low\nevents:\n- {kind: note}\n- 7\neven: 1\n")
    assert [line.split(": ")[0] for line in lines] == [
        "shop.yaml:1:1 levl",
        "shop.yaml:1:1 name",
        "shop.yaml:3:3 events[0].at",
        "shop.yaml:4:3 events[1]",
        "shop.yaml:5:7 even",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "[" * 60 + "]" * 60,
        "- " * 2000,
        "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        + "\n".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(9)),
        "[" * 2000,
        "{a: " * 2000,
        "[" + "x," * 300_000 + "x]",
        "? " * 200_000,
        "\n" * 500_000,
        "n: " + "9" * 5000,
        "a: " + "x" * MAX_WORK,
    ],
    ids=[
        "bites its tail",
        "deep",
        "very deep",
        "a billion laughs",
        "brackets",
        "braces",
        "a wide list",
        "marks",
        "lines",
        "a huge number",
        "a huge text",
    ],
)
def test_a_file_cannot_blow_up(text: str) -> None:
    with pytest.raises(InputError, match=r"bomb\.yaml.*allowed"):
        parse_all(text, name="bomb.yaml")


def of_most(unit: str, most: int = MAX_WORK) -> str:
    """As many repetitions of a text as may be read."""
    work = len(unit) + WORK_OF_A_MARK * len(re.findall(r"[\n\r,:]|- ", unit))
    return unit * ((most - 100) // work)


HEAVY = {
    "words": "text: " + of_most("x "),
    "many keys": "".join(f"key{number}: {number}\n" for number in range(4_500)),
    "old line ends": "list:\r" + of_most("- a\r"),
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_the_heaviest_files_that_are_read_take_less_than_20_mb(text: str) -> None:
    tracemalloc.start()
    try:
        assert parse_all(text, name="heavy.yaml")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize("unit", ["x", "a\r", "a\u2028", "a\x85", "a:b,", "- a\n"])
def test_what_would_take_longer_is_refused_before_it_is_parsed(unit: str) -> None:
    with pytest.raises(InputError, match=r"heavy\.yaml: found .* characters.*allowed: 250000 .*shorten the file"):
        parse_all(f"text: {of_most(unit, 3 * MAX_WORK)}", name="heavy.yaml")


def test_a_bomb_in_a_large_file_is_refused_before_it_is_parsed() -> None:
    """Files of many customers or tests may take seconds to read; one with aliases is no such file."""
    words = f"text: '{of_most('*x* - ', MAX_WORK)} and more'\n"
    for bomb in ("b: *a", "b: [*a, *a]", "b:\n- *a\n", "b: [\n  *a\n]", "b: {<<: *a}", "b: *a # twice"):
        with pytest.raises(InputError, match=r"large\.yaml:3:1: found an alias|large\.yaml:4:1: found an alias"):
            parse_all(f"a: &a {{x: 1}}\n{words}{bomb}", name="large.yaml", most=LARGE)
    assert parse_all(words, name="large.yaml", most=LARGE)


def test_of_many_problems_a_hundred_are_listed() -> None:
    text = "name: a\nlevel: high\n" + "".join(f"key{number}: {number}\n" for number in range(4_000))
    with pytest.raises(InputError) as refused:
        load_model(text, Shop, name="shop.yaml")
    first, *others = str(refused.value).splitlines()
    assert first == "shop.yaml:1:1: found 4000 problems; 100 of them are listed"
    assert others[0].startswith("shop.yaml:3:1 key0: unknown key: found 'key0'")
    assert len(others) == 100


def test_the_accounts_of_many_customers_are_read(tmp_path: Path) -> None:
    line = "  '{0}': {{name: Customer {0}, contacts: [a@example.com]}}\n"
    customers = "".join(map(line.format, range(2_000)))
    (path := tmp_path / "accounts.yaml").write_text(f"accounts:\n{customers}")
    assert len(read_accounts(path)) == 2_000
    with pytest.raises(InputError, match="shorten the file"):
        read(path)
    path.write_text(f"accounts:\n{customers * 3}")
    with pytest.raises(InputError, match=f"allowed: {LARGE} characters"):
        read_accounts(path)


def test_the_largest_allowed_document_is_read_and_one_value_more_is_not() -> None:
    hundred = "&h [" + "1," * 99 + "]"
    rest = ", *h" * (MAX_NODES // 100 - 2)
    largest = f"[{hundred}{rest}{', 1' * 99}"
    assert value(f"{largest}]")
    with pytest.raises(InputError, match=f"found more than {MAX_NODES} values"):
        value(f"{largest}, 1]")


def test_a_missing_and_an_unreadable_file_are_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read: No such file"):
        read(tmp_path / "gone.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: a\nsubject: Störung\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.yaml:2:1: found bytes that are not UTF-8"):
        read(latin)


def test_a_file_fits_into_its_model(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: caf\xc3\xa9\r\nlevel: high\r\n")
    assert load_model(path, Shop) == Shop(name="café", level="high")


def test_every_pattern_of_a_model_has_words() -> None:
    files = [file for name in ("bridge", "mappings") for file in (ROOT / name).rglob("*.py")]
    found = {pattern for file in files for pattern in re.findall(r'pattern=r"([^"]+)"', file.read_text())}
    assert found == PATTERNS.keys()


def test_a_document_points_at_its_values_and_keys() -> None:
    text = "a: [1, {b: }]\nc:\n  d: x\n---\n- {e: 1}\n- f"
    first, second = parse_all(text, name="f.yaml")
    assert first.where(("a", 1, "b")) == "f.yaml:1:9"
    assert first.where(("c", "d")) == "f.yaml:3:6"
    assert first.where(("c", "d"), key=True) == "f.yaml:3:3"
    assert first.where(("c", "missing")) == "f.yaml:3:3"
    assert str(first.problem(("c", "d"), "found 'x'; allowed: y")) == "f.yaml:3:6 c.d: found 'x'; allowed: y"
    assert [part.where(("e",)) for part in second.parts()] == ["f.yaml:5:7", "f.yaml:6:3"]
    assert first.parts() == [first]


def test_errors_in_a_part_have_the_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shops.yaml"
    path.write_text("- name: a\n- name: b\n  levle: low\n")
    (document,) = read_all(path)
    good, bad = document.parts()
    assert validate(good, Shop).name == "a"
    with pytest.raises(InputError, match=r"shops\.yaml:3:3 levle: unknown key"):
        validate(bad, Shop)


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner),
    max_leaves=12,
)


@given(_plain.filter(lambda found: found is not None))
def test_json_is_yaml(found: object) -> None:
    assert value(json.dumps(found, ensure_ascii=False)) == found
