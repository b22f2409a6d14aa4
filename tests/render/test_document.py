"""A pack comes back as the document it was written from: table by table, cell by cell."""

import re
from collections.abc import Iterator
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from bridge.cli import cli
from bridge.decision.display import role_title
from bridge.policy.calendars.duration import BusinessDays, parse
from bridge.policy.document import Document, Table, document, html, markdown
from bridge.policy.document.phrases import choice, phrase
from bridge.policy.document.sections import RULES
from bridge.policy.document.wording import heading, length, shown_elsewhere
from bridge.policy.evaluation.evaluated_rule import EvaluatedRule
from bridge.policy.evaluation.misfire import is_timed
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.evaluation.terms import term
from bridge.policy.load import SHIPPED, load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.pack_parts import PROSE_SECTIONS, parts
from bridge.policy.references import annotation_of

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT.parent / "shared" / "seeds" / "maas360.txt"
Rows = list[list[str]]


def tables(page: Document, title: str) -> tuple[Table, ...]:
    (section,) = (section for section in page.sections if section.title == title)
    return section.tables


def rows(table: Table) -> Rows:
    """The cells as text, the lines of a cell joined."""
    return [[" ".join(cell) for cell in row] for row in table.rows]


@pytest.fixture(scope="module")
def maas360() -> Document:
    return document(load_policy("maas360"))


# -- MaaS360: the document's own tables -----------------------------------------------------------------------------


def test_the_severity_levels_of_maas360(maas360: Document) -> None:
    (table,) = tables(maas360, "Severity levels")
    found = {row[0]: row for row in rows(table)}
    assert [row[:2] for row in rows(table)] == [
        ["critical", "urgent"],
        ["high", "high"],
        ["medium", "normal"],
        ["low", "low"],
    ]
    assert {row[-1] for row in found.values()} == {"MA-09"}
    words = {
        "critical": ["entire customer population", "catastrophic"],
        "high": ["significant percentage", "major"],
        "medium": ["small percentage", "significant"],
        "low": ["individual user", "minor impact", "information request"],
    }
    for level, wanted in words.items():
        assert all(word in found[level][2] for word in wanted), found[level]


def test_the_response_times_of_maas360(maas360: Document) -> None:
    times, _ = tables(maas360, "Response times")
    assert times.head == ("Severity", "First response", "Status update")
    assert rows(times) == [
        ["critical", "30 minutes", "2 hours"],
        ["high", "1 hour", "4 hours"],
        ["medium", "2 hours", "8 hours"],
        ["low", "3 hours", "24 hours"],
    ]


@pytest.mark.parametrize(
    ("pack", "title", "line"),
    [
        ("maas360", "Waiting for the customer", "notice 2: after 4 days, message update requested again"),
        ("maas360", "Intake", "item 4: device, asks for related device, operating system and system information"),
        ("maintmaster", "Workflows", "stage 2: forwarded, status 1 (when (business critical is yes or workaround is"),
        (
            "mattermost",
            "Workflows",
            "stage 1: plan created, message plan created, tag while an update is due: update due",
        ),
        ("erp_maestro", "Reactions", "fields set: support channel = phone"),
        ("oncleversoft", "Intake", "note: none"),
    ],
)
def test_what_stands_within_a_key_reads_as_english(pack: str, title: str, line: str) -> None:
    (table,) = tables(document(load_policy(pack)), title)
    lines = [each for row in table.rows for cell in row for each in cell]
    assert any(each.startswith(line) for each in lines), lines


def test_the_statuses_of_maas360(maas360: Document) -> None:
    (table,) = tables(maas360, "Statuses")
    labels = [row[0] for row in rows(table)]
    assert {"Assigned", "In Progress", "Customer Update Required", "Resolved"} <= set(labels)


STAGES = {
    # level: for each point the time, who is contacted, the line that takes over, who is updated, and how often
    "critical": [
        ("4 hours", ["Customer Service Manager", "Account Manager"], 3, ["Account Manager"], "2 hours"),
        ("12 hours", ["Assignee", "Customer Service Manager"], None, ["Customer Service Management"], "2 hours"),
        (
            "24 hours",
            ["Assignee", "COO"],
            None,
            ["Account Manager", "Customer Service Management", "COO"],
            "2 hours",
        ),
    ],
    "high": [
        (
            "12 hours",
            ["Assignee", "Customer Service Manager", "Account Manager"],
            None,
            ["Customer Service Management"],
            "2 hours",
        ),
        ("36 hours", ["Account Manager"], 3, ["Customer Service Management", "Account Manager"], "4 hours"),
        (
            "48 hours",
            ["Assignee", "Customer Service Director"],
            None,
            ["Account Manager", "Customer Service Management"],
            "4 hours",
        ),
    ],
    "medium": [
        ("2 days", ["Assignee", "Account Manager"], None, [], "8 hours"),
        ("6 days", ["Customer Service Manager"], 3, ["Account Manager"], "8 hours"),
        ("15 days", ["Assignee"], None, ["Account Manager", "Customer Service Management"], "8 hours"),
    ],
}
OFFERED = {("critical", 1), ("high", 1), ("medium", 1), ("medium", 2)}
"""Where the document adds: additional escalation where appropriate."""


def test_the_escalation_schedule_of_maas360(maas360: Document) -> None:
    (table,) = tables(maas360, "Escalation schedule")
    assert table.head[1:] == ("First point of escalation", "Second point of escalation", "Third point of escalation")
    assert [row[0] for row in table.rows] == [("critical",), ("high",), ("medium",)]  # low has none
    for (level,), *cells in table.rows:
        for point, (cell, (after, contacted, line, updated, every)) in enumerate(
            zip(cells, STAGES[level], strict=True)
        ):
            assert cell[0].startswith(f"If the ticket is not resolved in {after} (MA-")
            assert [text for text in cell if text.endswith(" is contacted")] == [
                f"The {who} is contacted" for who in contacted
            ]
            moved = [text for text in cell if text.startswith("Ownership")]
            assert moved == ([f"Ownership of the ticket is transferred to tier {line}"] if line else [])
            (updates,) = (text for text in cell if text.startswith("Status updates to the customer"))
            recipients = re.split(r", | and ", updates.removeprefix("Status updates to ").partition(" every ")[0])
            assert recipients == ["the customer", *updated]
            assert updates.partition(" every ")[2].startswith(every)
            assert any("additional escalation" in text for text in cell) == ((level, point) in OFFERED)


@pytest.mark.skipif(not SEED.exists(), reason="the source documents are not part of this repository")
def test_the_numbers_are_those_of_the_source_document(maas360: Document) -> None:
    """Read from the document itself, so that neither the pack nor this file can drift from it."""
    seed = SEED.read_text(encoding="utf-8")
    response = re.findall(r"^(Critical|High|Medium|Low)\t(\d+ \w+)\t< (\d+ hours)$", seed, re.MULTILINE)
    times, _ = tables(maas360, "Response times")
    assert [[level.lower(), first, update] for level, first, update in response] == rows(times)

    schedule = seed.partition("Internal escalation schedule\n\nIf issues")[2].partition("Appendix A")[0]
    limits = re.findall(r"If the ticket is not resolved in (\d+ \w+):", schedule)
    cadences = re.findall(r"every (\d+)[/\d]* hours", schedule)
    (table,) = tables(maas360, "Escalation schedule")
    cells = [cell for row in table.rows for cell in row[1:]]
    assert [re.search(r"in (\d+ \w+) \(", cell[0])[1] for cell in cells] == limits  # type: ignore[index]
    every = [re.search(r"every (\d+) hours", " ".join(cell))[1] for cell in cells]  # type: ignore[index]
    assert every == cadences


# -- the others -----------------------------------------------------------------------------------------------------


def test_the_response_times_of_erp_maestro() -> None:
    times, _ = tables(document(load_policy("erp_maestro")), "Response times")
    columns = {name: [row[index] for row in rows(times)] for index, name in enumerate(times.head)}
    assert [text.split(" (")[0] for text in columns["First response"]] == [
        "4 hours",
        "8 hours",
        "1 business day",
        "2 business days",
    ]
    assert [re.match(r"\d+ business days?", text)[0] for text in columns["Completion"]] == [  # type: ignore[index]
        "1 business day",
        "2 business days",
        "5 business days",
        "10 business days",
    ]


PLANS = {
    "clocks": [
        {
            "name": "completion",
            "calendar": "office",
            "conditional_calendars": [
                {"when": {"plan": "premium"}, "calendar": "always"},
                {"when": {"level": "high", "type": "question"}, "calendar": "always"},
            ],
            "targets": {"high": "8h", "medium": "2 business days", "low": {"within": "5d", "calendar": "always"}},
            "plan_targets": {"premium": {"high": "4h", "medium": "1d"}},
        }
    ]
}


def test_each_target_names_the_hours_that_count_for_its_level_and_plan() -> None:
    policy = load_policy(str(ROOT / "tests" / "lint" / "base.yaml"), PLANS)
    times, clocks = tables(document(policy), "Response times")
    assert times.head == ("Severity", "First response", "Completion", "Completion, premium")
    assert rows(times) == [
        [
            "high",
            "1 hour (office)",
            "8 hours (office) (always where level is high and type is question)",
            "4 hours (always)",
        ],
        ["medium", "2 hours (office)", "2 business days (office)", "1 day (always)"],
        ["low", "1 business day (office)", "5 days (always)", "no target"],
    ]
    (recipients,) = (row[1] for row in clocks.rows if row[0] == ("Completion",))
    assert "calendar where plan is premium: always" in recipients
    assert not any("calendars 1" in line for line in recipients)


def test_one_calendar_for_all_targets_needs_no_name_at_each(maas360: Document) -> None:
    times, _ = tables(maas360, "Response times")
    assert "(" not in " ".join(cell for row in rows(times) for cell in row)


@pytest.mark.parametrize("pack", packs())
def test_nothing_of_a_pack_is_left_out(pack: str) -> None:
    """Each clause with its words, each reading, each named rule, each text."""
    policy = load_policy(pack)
    page = document(policy)
    (index,) = tables(page, "Clauses")
    assert rows(index) == [[ident, text.heading, text.text] for ident, text in policy.clauses.items()]
    everything = "\n".join("\n".join(lines) for lines in in_order(page))
    for each in policy.interpretations:
        assert each.reading in everything
        assert each.question in everything
    for rule in (*policy.clocks, *policy.waiting, *policy.gates, *policy.workflows, *policy.reactions):
        name = rule.name.replace("_", " ")
        assert name[:1].upper() + name[1:] in everything
    for text in policy.templates.values():
        assert all(line in everything for line in text.strip().splitlines())


@pytest.mark.parametrize("pack", packs())
def test_every_row_has_a_cell_for_each_column(pack: str) -> None:
    page = document(load_policy(pack))
    for section in page.sections:
        for table in section.tables:
            assert {len(row) for row in table.rows} <= {len(table.head)}, section.title


def test_an_override_is_in_the_document_and_in_its_digest() -> None:
    plain = document(load_policy("maas360"))
    changed = document(load_policy("maas360", {"clocks": [{"name": "first_response", "targets": {"critical": "20m"}}]}))
    times, _ = tables(changed, "Response times")
    assert rows(times)[0] == ["critical", "20 minutes", "2 hours"]
    assert plain.digest != changed.digest


def test_values_are_in_words_and_not_as_the_program_keeps_them() -> None:
    policy = load_policy(
        "maas360",
        {
            "merges": {"clause": "MA-01", "clocks": "earliest"},
            "digests": [
                {"name": "morning", "clause": "MA-01", "notify": ["assignee"], "at": "08:00", "if_empty": "send"}
            ],
            "reports": [
                {
                    "kind": "clock_shares",
                    "clause": "MA-10",
                    "name": "shares",
                    "clock": "first_response",
                    "budgets": {"1": 30},
                }
            ],
        },
    )
    text = markdown(document(policy))
    assert "clocks: count since the oldest of the tickets was created" in text
    assert "at: 08:00<br>if nothing is due: sent all the same" in text
    assert "percent of the target that each may use: 1 = 30" in text
    assert "30.0" not in text


def test_headings_are_in_the_language_of_the_pack() -> None:
    policy = load_policy("maas360")
    english, german = document(policy), document(load_policy("maas360", {"language_of_templates": "de"}))
    names = {heading(clock.name) for clock in policy.clocks}
    for one, other in zip(english.sections, german.sections, strict=True):
        assert one.title != other.title
        for table, translated in zip(one.tables, other.tables, strict=True):
            same = {word for word, text in zip(table.head, translated.head, strict=True) if word == text}
            assert same <= names
    assert "Unterschrift: ___" in markdown(german)
    assert '<html lang="de">' in html(german)


def test_every_key_and_every_choice_of_a_rule_has_words_in_every_language() -> None:
    keys, chosen = set(), set()
    for _, part in parts_of_models():
        for name, field in part.model_fields.items():
            key = field.alias or name
            if name in shown_elsewhere(part):
                continue
            keys.add(key)
            chosen |= {(key, word) for word in words_of(annotation_of(field)) if key != "if_late"}
    assert len(keys) > 100
    assert [key for key in sorted(keys) if not isinstance(phrase(key), Sentence)] == []
    assert [pair for pair in sorted(chosen) if not isinstance(choice(*pair) or term(pair[1]), Sentence)] == []


def parts_of_models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every model of a rule, as the annotations of a pack lead to it; what is for people only is left out."""
    waiting = [field for name, field in Policy.model_fields.items() if name not in (*PROSE_SECTIONS, "facts")]
    seen: set[type[BaseModel]] = set()
    while waiting:
        for model in models_in(annotation_of(waiting.pop())):
            if model not in seen:
                seen.add(model)
                waiting += model.model_fields.values()
                yield model.__name__, model


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, Predicate):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def words_of(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (word for word in get_args(annotation) if isinstance(word, str))
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (each.value for each in annotation)
    for inner in get_args(annotation):
        yield from words_of(inner)


def test_the_rows_of_a_german_pack_are_german() -> None:
    own = {"language_of_templates": "de", "translated_words": {"de": {"critical": "kritisch"}}}
    page = document(load_policy("maas360", own))
    said = "\n".join(
        line for section in page.sections for table in section.tables for row in rows(table) for line in row
    )
    for line in (
        "kritisch",
        "wartet in diesen Status: Rückmeldung des Kunden nötig",
        "bei Verspätung: nur der letzte fällige Schritt wird ausgeführt (latest only)",
        "Status nach einer Antwort: in Bearbeitung",
        "Frist 4 Stunden; ist das Ticket dann nicht gelöst (MA-14):",
        "Benachrichtigt wird: Account Manager",
        "(affected ist all oder impact ist catastrophic)",
        "wenn: language ist ja und Kalender japan ist geschlossen",
    ):
        assert line.replace("language ist", "Sprache ist") in said
    assert "when late" not in said


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("2d", "2 days"),
        ("48h", "48 hours"),
        ("1h", "1 hour"),
        ("1h30m", "1 hour 30 minutes"),
        ("1 business day", "1 business day"),
        ("5 working days", "5 business days"),
    ],
)
def test_lengths_come_back_in_the_unit_in_which_they_were_written(written: str, printed: str) -> None:
    assert length(parse(written), written) == printed


def test_a_length_without_its_text_is_printed_all_the_same() -> None:
    assert length(parse("15d")) == "15 days"
    assert length(BusinessDays(2), "2 business days") == "2 business days"


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("customer_service_manager", "Customer Service Manager"),
        ("coo", "COO"),
        ("it_lead", "IT Lead"),
        ("head_of_support", "Head of Support"),
        ("on_call_engineer", "On Call Engineer"),
    ],
)
def test_roles_are_written_as_titles(role: str, shown: str) -> None:
    assert role_title(role) == shown


def test_a_union_of_calendars_shows_the_holidays_of_each() -> None:
    """What people sign: without them, nobody would know that the office is closed."""
    office = {
        "clause": "MA-1",
        "union": [
            {"time_zone": "Europe/Berlin", "hours": {"mon-fri": ["08:00-17:00"]}, "holiday_country": "DE"},
            {
                "time_zone": "America/New_York",
                "hours": {"mon-fri": ["08:00-17:00"]},
                "holiday_country": "US",
            },
        ],
    }
    source = load_policy("maas360").source
    page = document(Policy.of({**source, "calendars": {**source["calendars"], "regions": office}}))
    (calendars,) = tables(page, "Calendars")
    more = next(row[3] for row in rows(calendars) if row[0] == "regions")
    assert "Europe/Berlin: holiday country: DE" in more
    assert "America/New_York: holiday country: US" in more


# -- Markdown and HTML ----------------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The cells of all tables of a page, and every tag that was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[list[str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append([])
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.cells[-1].append(data)


def in_order(page: Document) -> list[list[str]]:
    found: list[list[str]] = []
    for table in (table for section in page.sections for table in section.tables):
        found += [[name] for name in table.head]
        found += [list(cell) for row in table.rows for cell in row]
    return found


@pytest.mark.parametrize("pack", packs())
def test_the_page_holds_every_cell(pack: str) -> None:
    page = document(load_policy(pack))
    read = Cells()
    read.feed(html(page))
    assert read.cells == [[line for line in cell if line.strip()] for cell in in_order(page)]
    assert not {"script", "link", "img", "iframe"} & set(read.tags)  # one file, and nothing that runs


@pytest.mark.parametrize("pack", packs())
def test_markdown_holds_every_cell(pack: str) -> None:
    page = document(load_policy(pack))
    lines = [line for line in markdown(page).splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    cells = [cell.strip() for line in lines for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    plain = [re.sub(r"\\(.)", r"\1", cell).split("<br>") for cell in cells]
    assert [[part for part in cell if part] for cell in plain] == [
        [" ".join(line.split()) for line in cell if line.strip()] for cell in in_order(page)
    ]


def hostile() -> Policy:
    source = load_policy("maas360").source
    return Policy.of({**source, "title": '<script>alert("x")</script> | **bold**'})


def test_texts_of_a_pack_are_never_markup() -> None:
    page = document(hostile())
    assert "<script>" not in html(page)
    assert "&lt;script&gt;" in html(page)
    title = markdown(page).splitlines()[0]
    assert title == r'# \<script\>alert("x")\</script\> \| \*\*bold\*\*'


# -- the command ----------------------------------------------------------------------------------------------------


def test_render_writes_markdown_to_the_terminal_and_a_page_to_a_file(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["render", "maas360"])
    assert (shown.exit_code, shown.stdout) == (0, markdown(document(load_policy("maas360"))))
    file = tmp_path / "signed.html"
    assert CliRunner().invoke(cli, ["render", str(SHIPPED / "maas360.yaml"), "-o", str(file)]).exit_code == 0
    assert file.read_text(encoding="utf-8") == html(document(load_policy("maas360")))
    forced = CliRunner().invoke(cli, ["render", "maas360", "--format", "html"])
    assert forced.stdout.startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["render", "maas360", "-o", str(tmp_path / "nowhere" / "signed.md")])
    assert done.exit_code == 2
    assert "nowhere" in done.stderr
    assert "give another file" in done.stderr


# -- lateness -------------------------------------------------------------------------------------------------------


def lines_on_lateness(page: Document) -> list[str]:
    """What the whole document says of steps that come late, as plain lines."""
    cells = (cell for section in page.sections for table in section.tables for row in table.rows for cell in row)
    lines = [line for cell in cells for line in cell] + [line for section in page.sections for line in section.text]
    return [line for line in lines if "when late: " in line.lower()]


def test_the_document_says_what_happens_when_a_step_is_late(maas360: Document) -> None:
    assert sorted(lines_on_lateness(maas360)) == [
        "When late: only the latest step that is due is carried out (latest only)",  # escalation schedule
        "warning when late: carried out late (act)",
        "warning when late: carried out late (act)",
        "when late: only the latest step that is due is carried out (latest only)",  # pending client action
        "when late: the latest step that is due waits until the calendar is open (when open)",  # three contacts
    ]


def test_what_holds_by_default_is_signed_as_well() -> None:
    def silent(part: Any) -> Any:
        if isinstance(part, list):
            return [silent(inner) for inner in part]
        return {k: silent(v) for k, v in part.items() if k != "if_late"} if isinstance(part, dict) else part

    for pack in packs():
        policy = load_policy(pack)
        unwritten = lines_on_lateness(document(Policy.of(silent(policy.source))))
        timed = sum(is_timed(part) for _, part in parts(policy))
        assert sum(line.lower().count("when late") for line in unwritten) == timed


@pytest.mark.parametrize("pack", sorted(packs()))
def test_no_key_of_a_shipped_document_is_left_without_a_value(pack: str) -> None:
    page = document(load_policy(pack))
    cells = (cell for s in page.sections if s.title != "Templates" for t in s.tables for row in t.rows for cell in row)
    lines = [line for cell in cells for line in cell if not line.startswith("If the ticket is not resolved")]
    lines += [line for section in page.sections for line in section.text]
    assert not [line for line in lines if re.search(r":\s*(;|$)", line)]


def inside(annotation: object) -> Iterator[object]:
    """An annotation and everything in it."""
    yield annotation
    for each in get_args(annotation):
        yield from inside(each)


def test_every_clause_type_has_its_section() -> None:
    rules = {
        name
        for name, field in Policy.model_fields.items()
        if any(isinstance(each, type) and issubclass(each, EvaluatedRule) for each in inside(field.annotation))
    }
    assert len(rules) > 20
    assert rules <= {*RULES, "clocks", "escalation", "severity", "statuses"}
