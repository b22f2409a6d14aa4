"""Broken packs: for each code the changes to the small pack that bring out exactly this one."""

from __future__ import annotations

from typing import NamedTuple


class Broken(NamedTuple):
    """One broken pack: the change, and words its remark has to say."""

    code: str
    old: str
    new: str
    expected: str


BROKEN = [
    # -- words
    Broken("PB101", "when: {impact: many}", "when: {impact: {nto: many}}", "did you mean 'not'?"),
    Broken("PB101", "when: {impact: many}", "when: {impact: {known: perhaps}}", "allowed: true, false"),
    Broken("PB101", "when: {impact: many}", "when: {any: {impact: many}}", "allowed: a list of conditions"),
    Broken("PB101", "when: {stage: planned}", "when: {tags: {any: vip}}", "write any: [vip]"),
    Broken("PB101", "when: {impact: many}", "when: {impact: {at_least: 3}}", "allowed: numbers: reopen_count"),
    Broken("PB101", "when: {impact: many}", "when: {reopen_count: {at_least: many}}", "write at_least: 3"),
    Broken("PB101", "when: {impact: many}", "when: {reopen_count: {at_least: 3, in: 2d}}", "at_least, at_most, within"),
    Broken("PB101", "when: {impact: many}", "when: {reopen_count: {at_least: 3, within: soon}}", "write within: 30d"),
    Broken("PB101", "when: {impact: many}", "when: {reopen_count: {at_least: 3, within: 0h}}", "give the length"),
    Broken("PB101", "when: {impact: many}", "when: {reopen_count: {not: {at_least: 3}}}", "use the opposite test"),
    Broken(
        "PB103",
        "interpretations:",
        "translations: {de: {agree: Ja?, agreed: Weiter., reminder: 'Hallo {portal}', agrees: x}}\ninterpretations:",
        "did you mean 'agree'?",
    ),
    Broken(
        "PB802",
        "interpretations:",
        "translations: {de: {agree: Ja?, reminder: 'Hallo {portal}'}}\ninterpretations:",
        "no text for 'agreed' in de",
    ),
    Broken(
        "PB803",
        "interpretations:",
        "translations: {de: {agree: Ja?, agreed: Weiter., reminder: Hallo}}\ninterpretations:",
        "'reminder' without {portal}, which templates.reminder has",
    ),
    Broken(
        "PB804",
        "interpretations:",
        "translations: {pt: {agree: Sim?, agreed: 'Bem, {reason}.', reminder: 'Oi {portal}'}}\ninterpretations:",
        "'agreed' with {reason}, which is English",
    ),
    Broken(
        "PB804",
        "reactions:",
        "translations: {de: {agree: Ja?, agreed: 'Weiter, {reason}.', reminder: 'Hallo {portal}'}}\nreactions:\n"
        "  - {name: told, clause: AC-6, when: {type: incident, impact: one}, message: agreed}",
        "'agreed' with {reason}, which is English",
    ),
    Broken(
        "PB804",
        "reactions:",
        "language_of_templates: pt\nreactions:\n"
        "  - {name: told, clause: AC-6, when: {type: incident, impact: one}, notify: [team_lead]}",
        "found no reason, and {reason} in 'notify': its condition in English",
    ),
    Broken(
        "PB806",
        "interpretations:",
        "translations: {de: {agree: Ja?, agreed: Weiter., reminder: 'Hallo {portal}'}}\n"
        "translated_words: {de: {hihg: hoch}}\ninterpretations:",
        "found 'hihg'; allowed: levels, statuses, roles, clocks, reasons",
    ),
    Broken("PB806", "interpretations:", "translated_words: {de: {low: tief}}\ninterpretations:", "found 'de'"),
    Broken("PB102", "clause: AC-6, when: {type: incident}", "clause: AC-66, when: {type: incident}", "'AC-6'"),
    Broken("PB102", "{clause: AC-5, question", "{clause: AC-55, question", "'AC-5'"),
    Broken("PB103", "request_message: agree", "request_message: agrees", "did you mean 'agree'?"),
    Broken("PB104", "  escalated:", "  escalate:", "add escalated to `templates`"),
    Broken("PB105", "({clause})", "({clauses})", "did you mean '{clause}'?"),
    Broken("PB106", "calendar: always\n    targets", "calendar: allways\n    targets", "did you mean 'always'?"),
    Broken("PB107", "level: low,", "level: lowest,", "did you mean 'low'?"),
    Broken("PB107", "low: 5d", "lowly: 5d", "allowed: high, medium, low"),
    Broken("PB108", "when: {impact: many}", "when: {impakt: many}", "did you mean 'impact'?"),
    Broken("PB109", "when: {impact: many}", "when: {impact: several}", "allowed: everyone, many, one"),
    Broken("PB109", "when: {type: question}", "when: {calendar_open: offices}", "did you mean 'office'?"),
    Broken("PB109", "when: {impact: many}", "when: {impact: Many}", "did you mean 'many'?"),
    Broken("PB109", "when: {type: question}", "when: {plan: Premium}", "did you mean 'premium'?"),
    Broken("PB110", "ask_again_if_changed: [cause]", "ask_again_if_changed: [causes]", "did you mean 'cause'?"),
    Broken("PB111", "pauses: [completion]", "pauses: [completions]", "did you mean 'completion'?"),
    Broken("PB112", "- {stage: agreed,", "- {stage: agree,", "did you mean 'agreed'?"),
    Broken("PB112", "approved_stage: agreed", "approved_stage: done", "allowed: planned, agreed"),
    Broken(
        "PB113",
        "  - name: completion",
        "    plan_targets: {gold: {high: 1h}}\n  - name: completion",
        "standard, premium",
    ),
    Broken("PB113", "roles: {", "plan_roles: {gold: {team_lead: a@acme.example}}\nroles: {", "standard, premium"),
    Broken("PB114", "name: helpdesk", "name: lines", "'lines' again"),
    Broken("PB114", "stage: 2, after", "stage: 1, after", "'high 1' again"),
    Broken(
        "PB115",
        "reactions:",
        "statuses: {clause: AC-6, labels: {in_progress: Busy}}\nreactions:",
        "allowed: in_progress",
    ),
    Broken(
        "PB116",
        "levels: {high: urgent,",
        "levels: {High: urgent, high: urgent,",
        "'severity_high' like 'severity_High'",
    ),
    Broken("PB116", "values: [everyone, many, one]", "values: [everyone, Many, many, one]", "as 'many' like 'Many'"),
    # -- choices
    Broken(
        "PB201",
        "    - {level: low, when: {impact: one}}",
        "    - {level: low, when: {impact: one}}\n    - {level: low, when: {impact: one, workaround: true}}",
        "row 5 (low): its tickets already match row 4 (low)",
    ),
    Broken(
        "PB202",
        "    - {level: low, when: {impact: one}}",
        "    - {level: low, when: {impact: many}}\n    - {level: low, when: {impact: one}}",
        "row 4 (low) for exactly the tickets of row 3 (medium)",
    ),
    Broken(
        "PB203",
        "    - {level: high, when: {impact: everyone, workaround: false}}\n"
        "    - {level: medium, when: {impact: everyone, workaround: true}}",
        "    - {level: medium, when: {impact: everyone, workaround: true}}\n"
        "    - {level: high, when: {impact: everyone}}",
        "row 1 (medium) before row 2 (high)",
    ),
    Broken("PB204", "{impact: everyone, workaround: true}", "{impact: everyone}", "match both rows 1 and 2"),
    Broken(
        "PB205",
        "    - {level: medium, when: {impact: many}}\n",
        "",
        "combinations without a row, such as impact is many",
    ),
    Broken(
        "PB205",
        "    - {level: low, when: {impact: one}}",
        "    - {level: low, when: {impact: one, workaround: true}}\n  chosen_in: {}",
        "impact is one, workaround is no, while nobody has chosen a level",
    ),
    Broken(
        "PB206",
        "    - {level: low, when: {impact: one}}",
        "    - {level: low, when: {impact: one, workaround: true}}\n  chosen_in: {}\n  unknown_tag: unrated",
        "gaps that are marked (policy_unrated)",
    ),
    Broken("PB206", "{impact: one}}", "{impact: one, workaround: true}}\n  unknown_tag: unrated", "1 of 6"),
    Broken("PB207", "[{set: in_progress}]", "[{set: in_progress}, {set: open, when: {type: question}}]", "alternative"),
    Broken("PB208", "when: {type: question}", "when: {impact: many}", "'lines' to operations and 'helpdesk' to desk"),
    Broken("PB209", "{level: low, when", "{level: medium, when", "level low without a row"),
    Broken("PB210", "when: {type: question}", "when: {type: question, all: [{type: incident}]}", "no ticket can match"),
    Broken(
        "PB211",
        "reactions:",
        "  - {name: again, kind: reminders, clause: AC-5, statuses: [waiting_customer], close_after: 216h}\n"
        "\nreactions:",
        "waiting_customer in both 'reminders' and 'again'",
    ),
    Broken(
        "PB212",
        "reactions:",
        "plans:\n  - {name: gold, clause: AC-6, when: {account: [Acme, Globex]}}\n"
        "  - {name: silver, clause: AC-6, when: {account: [Globex, Initech]}}\nreactions:",
        "found Globex, which has the plan gold already",
    ),
    Broken("PB109", "when: {impact: many}", "when: {impact: known}", "write impact: {known: true}"),
    Broken("PB109", "when: {impact: many}", "when: {impact: many, cause: known}", "write cause: {known: true}"),
    Broken("PB109", "when: {type: incident}", "when: {type: incident, team: unknown}", "write team: {known: false}"),
    Broken("PB109", "when: {type: incident}", "when: {type: incident, workaround: 3}", "allowed: true, false"),
    Broken(
        "PB112", "message: agreed}", "message: agreed, tags: [busy], tags_until: signed}", "allowed: planned, agreed"
    ),
    Broken(
        "PB114",
        "  levels: {high: urgent",
        "  change_approval: {clause: AC-7, gate: plan, request_message: agree}\n  levels: {high: urgent",
        "'plan' again",
    ),
    # -- lengths
    Broken("PB301", "high: 1h, medium: 2h", "high: 3h, medium: 2h", "high within 3 hours, medium within 2 hours"),
    Broken("PB301", "low: 1 business day", "low: 1h", "medium within 2 hours, low within 1 hour"),
    Broken("PB302", "stage: 2, after: 4h", "stage: 2, after: 1h", "stage 1 after 2 hours, stage 2 after 1 hour"),
    Broken("PB303", "level: medium, stage: 1, after: 4h", "level: medium, stage: 1, after: 1h", "at most the time"),
    Broken("PB304", "- {after: 4d,", "- {after: 1d,", "notice 1 after 48 hours, notice 2 after 24 hours"),
    Broken("PB305", "close_after: 7d", "close_after: 3d", "close_after 3 days, but the last notice after 4 days"),
    Broken("PB306", "{high: 8h,", "{high: 30m,", "at most the target of completion"),
    Broken("PB307", "targets: {high: 1h,", "targets: {high: 0h,", "a length of time, such as 30m"),
    Broken("PB308", "    targets: {high: 8h, medium: 2d, low: 5d}\n", "", "completion: no target"),
    Broken("PB308", ", low: 5d", "", "no target for low"),
    Broken("PB309", "{high: urgent, medium: high,", "{high: high, medium: urgent,", "high shown as high"),
    Broken("PB310", "    close_after: 7d", "    close_after: 7d\n    if_late: when_open", "allowed: latest_only, act"),
    Broken(
        "PB310",
        "      - {after: 4d, message: reminder}\n    close_after",
        "    if_late: latest_only\n    close_after",
        "act",
    ),
    Broken("PB310", "    pauses: [completion]", "    pauses: [completion]\n    if_late: when_open", "no if_late here"),
    Broken("PB310", "group: operations}", "group: operations, if_late: skip}", "sends no notes"),
    Broken(
        "PB310", "  calendar: always\n  stages", "  calendar: always\n  if_late: when_open\n  stages", "never closes"
    ),
    Broken(
        "PB311",
        "low: 1 business day}",
        "low: 1d}",
        "24 hours on office, which is 24 open hours, about 3 business days",
    ),
    Broken(
        "PB311",
        "    close_after: 7d",
        "    close_after: 7d\n  - {name: again, kind: reminders, clause: AC-5, statuses: [solved], close_after: 14d}",
        "write 14 business days, use a calendar with hours: always, or, if open hours are meant, write 336h",
    ),
    Broken(
        "PB311",
        "    met_by: [agent_message]\n    targets: {high: 1h, medium: 2h, low: 1 business day}",
        "    met_by: [agent_message]\n    conditional_calendars: [{when: {level: high}, calendar: always}]\n"
        "    targets: {high: 1h, medium: 2h, low: {within: 2d}}",
        "clocks[0].targets.low",
    ),
    # -- calendars and zones
    Broken("PB401", 'hours: {mon-fri: ["09:00-17:00"]}', "hours: {mon-fri: []}", "nothing counted on it ever ends"),
    Broken(
        "PB404",
        'hours: {mon-fri: ["09:00-17:00"]}',
        'hours: {mon-fri: ["13:00-17:00", "09:00-13:30"]}',
        "found 09:00-13:30 and 13:00-17:00",
    ),
    Broken(
        "PB404",
        'hours: {mon-fri: ["09:00-17:00"]}',
        'hours: {mon-fri: ["09:00-17:00"]}, special_days: {2026-12-24: ["09:00-12:00", "11:00-13:00"]}',
        "special_days.2026-12-24",
    ),
    Broken(
        "PB405",
        'hours: {mon-fri: ["09:00-17:00"]}',
        'hours: {mon-fri: ["09:00-17:00"]}, closed: [{starts: 2026-03-05 12:00, ends: 2026-03-06 10:00}, '
        "{starts: 2026-03-05 08:00, ends: 2026-03-05 13:00}]",
        "found from 2026-03-05 12:00, while 2026-03-05 08:00 lasts until 2026-03-05 13:00",
    ),
    Broken(
        "PB406",
        'hours: {mon-fri: ["09:00-17:00"]}',
        'hours: {mon-fri: ["09:00-17:00"]}, holidays: [2026-12-24], special_days: {2026-12-24: ["09:00-12:00"]}',
        "2026-12-24, which is under special_days as well (09:00-12:00)",
    ),
    Broken("PB402", "time_zone: Europe/Berlin, hours", "time_zone: CET, hours", "(Europe/Berlin), or one without"),
    Broken("PB402", "\ntime_zone: Europe/Berlin", "\ntime_zone: EST", "Etc/GMT+5"),
    Broken("PB403", "\ntime_zone: Europe/Berlin", "\ntime_zone: Berlin", "did you mean 'Europe/Berlin'?"),
    # -- roles
    Broken("PB501", "[assignee, team_lead]", "[assignee, teamlead]", "did you mean 'team_lead'?"),
    Broken(
        "PB501",
        "roles: {",
        "plan_roles: {premium: {teamlead: a@acme.example}}\nroles: {",
        "did you mean 'team_lead'?",
    ),
    Broken("PB503", "{team_lead: lead@acme.example}", "{team_lead: Ann}", "found 'Ann'; allowed: an e-mail address"),
    Broken(
        "PB503",
        "roles: {",
        "plan_roles: {premium: {team_lead: 'a@acme.example, slack:/x'}}\nroles: {",
        "found 'slack:/x'; allowed: an e-mail address, an apprise URL or env:NAME",
    ),
    Broken(
        "PB503", "{team_lead: lead@acme.example}", "{team_lead: 'env:9'}", "found 'env:9'; allowed: an e-mail address"
    ),
    Broken(
        "PB504", "{team_lead: lead@acme.example}", "{team_lead: slack://T/B/c}", "found slack://***; allowed: env:NAME"
    ),
    Broken(
        "PB504",
        "roles: {",
        "plan_roles: {premium: {team_lead: 'a@acme.example, env:LEAD, json://h/token'}}\nroles: {",
        "found json://***; allowed: env:NAME",
    ),
    Broken("PB502", "roles: {", "role_directory: [coo]\nroles: {", "coo"),
    Broken(
        "PB502",
        "roles: {",
        "role_directory: [coo]\nplan_roles: {premium: {coo: boss@acme.example}}\nroles: {",
        "coo (except in premium)",
    ),
    # -- feedback
    Broken(
        "PB601",
        "when: {stage: planned",
        "when: {tags: {any: [policy_breached_completion]}, stage: planned",
        "use what the tag stands for",
    ),
    Broken("PB602", "when: {type: question}", "when: {type: question, priority: urgent}", "use level instead"),
    Broken(
        "PB602",
        "when: {type: question}, group",
        "when: {type: question, group: desk}, evaluated: at_creation, group",
        "'group', which must already be desk before this reaction moves the ticket there",
    ),
    Broken(
        "PB602",
        "  rows:",
        "  chosen_in: {fact: stage, change_approval: {clause: AC-2, gate: level, request_message: agree}}\n  rows:",
        "'stage', which gate plan sets, although with change_approval",
    ),
    Broken(
        "PB602",
        "severity:\n  clause: AC-2\n",
        "categories: [{name: cause, clause: AC-6, fact: impact, skills: {many: crowd}, field: cause, unknown_tag: x}]\n"
        "severity:\n  clause: AC-2\n  chosen_in: {fact: cause}\n",
        "choose the severity in another fact",
    ),
    Broken("PB603", "  rows:", "  unless: {level: low}\n  rows:", "'level', which depends on this condition"),
    Broken("PB603", "when: {stage: planned}", "when: {stage: planned, approved: plan}", "'approved'"),
    Broken("PB604", "when: {type: question}", "when: {type: question, group: {not: desk}}", "the group that this rule"),
    # -- what nothing uses
    Broken("PB701", "templates:", 'templates:\n  farewell: "Good bye."', "farewell, which no rule uses"),
    Broken("PB701", "templates:", 'templates:\n  out_of_office: "Away."', "remove it; no rule of this pack can use it"),
    Broken("PB702", "calendars:", "calendars:\n  first: {clause: AC-1, hours: always}", "office, which no rule uses"),
    Broken("PB703", "facts:", "facts:\n  colour: {}", "colour, which no rule uses"),
    Broken(
        "PB704",
        "clauses:",
        "clauses:\n  AC-0: {heading: Welcome, text: Hello}",
        "list it under informational",
    ),
    Broken("PB705", "links: {", "links: {shop: https://shop.acme.example, ", "shop, which no rule uses"),
    Broken("PB706", "reading: 24 hours.", 'reading: ""', "how it is read"),
    # -- messages
    Broken(
        "PB801",
        "reactions:",
        "closure: {clause: AC-5}\n"
        "reactions:\n  - {name: solved, clause: AC-6, when: {status: solved}, message: agreed, include_resolved: true}",
        "'agreed' where the ticket was set to solved by 'reminders' (AC-5) and by a confirmation (AC-5)",
    ),
    Broken(
        "PB801",
        "reactions:",
        "transitions: [{clause: AC-6, automatic_moves: [{on: phone_contact, from: [open], to: solved}]}]\n"
        "reactions:\n  - {name: solved, clause: AC-6, when: {status: solved}, message: agreed, include_resolved: true}",
        "by 'reminders' (AC-5) and by 'transitions' (AC-6)",
    ),
    Broken(
        "PB801",
        "reactions:",
        "closure: {clause: AC-5}\nreactions:\n"
        "  - {name: silent, clause: AC-6, when: {status: solved, closed_unanswered: true}, message: agreed}\n"
        "  - {name: fine, clause: AC-6, when: {status: solved, closed_unanswered: false}, message: agreed}",
        "by 'reminders' (AC-5) and by a confirmation (AC-5); allowed: one reason for each message; give each a message",
    ),
    Broken("PB807", "https://portal.acme.example", "portal", "found 'portal'; allowed: an address with https://"),
    Broken(
        "PB805",
        'agreed: "We go on."',
        'agreed: "We go on: {why_link}"',
        "{why_link} in 'agreed', which the customer gets",
    ),
    # -- steps and stages
    Broken(
        "PB901",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}\n    steps: [{at: 90m before, notify: [team_lead]}]",
        "'1h30m before', although the target of high is 1 hour",
    ),
    Broken(
        "PB902",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}\n"
        "    steps: [{at: 90%, notify: [team_lead]}, {at: 30m before, tags: [hurry]}]",
        "'30m before' after '90%', although for high it comes first",
    ),
    Broken(
        "PB903",
        "    targets: {high: 8h, medium: 2d, low: 5d}",
        "    targets: {high: 8h, medium: 2d, low: 5d}\n    paused_in: [waiting_customer]",
        "stage 1 of high in waiting_customer, where completion is paused",
    ),
    Broken(
        "PB905",
        "    met_by: [agent_message]",
        "    start_fact: cause\n    met_by: [agent_message]",
        "'cause', a fact of type text; allowed: a fact with type: datetime",
    ),
    Broken(
        "PB904",
        "    targets: {high: 8h, medium: 2d, low: 5d}\n",
        "    targets: {high: 8h, medium: 2d, low: 5d}\n    on_reopen: resume\n    reopened_within: 31d\n"
        "reopening: {clause: AC-5, within: 30d, message: agreed}\n",
        "completion goes on within 31 days; allowed: at most the 30 days within which",
    ),
    Broken(
        "PB310",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}\n"
        "    steps: [{at: breach, notify: [team_lead], if_late: latest_only}]",
        "there is only one step",
    ),
    Broken(
        "PB310",
        "    calendar: always\n    targets",
        "    calendar: always\n    steps: [{at: breach, notify: [team_lead], if_late: when_open}]\n    targets",
        "always never closes",
    ),
    Broken(
        "PB604",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}",
        "    targets: {high: 1h, medium: 2h, low: 1 business day}\n    steps: [{at: breach, tier: 2, when: {tier: 1}}]",
        "the tier that this rule sets",
    ),
]
