"""One small broken house per problem: what is made wrong, which code must be found, and where. Adding a case is adding a row."""

from __future__ import annotations

from dataclasses import dataclass

from tests.flows.authoring.house import Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`says`: words the message must hold. `path`: how the finding says a person gets there. `file`: where it must point."""

    code: str
    breaks: tuple[Break, ...]
    says: str = ""
    file: str = ""
    path: tuple[str, ...] | None = None
    production: bool = False
    error: bool = True


def one(code: str, broken: str, old: str, new: str, **rest: object) -> Case:
    """A case with a single break, found in the file that was broken unless said otherwise."""
    return Case(code=code, breaks=(Break(file=broken, old=old, new=new),), **{"file": f"content/{broken}", **rest})  # type: ignore[arg-type]


SEARCH = "flows/search.yaml"
DOORS = "flows/doors.yaml"
TONIGHT = "cards/tonight.yaml"
LINES = "facts/lines.yaml"
TRIGGER = "triggers:\n  - intents: [search]\n"
LONG = "Di que es menor. "
WAYS = tuple(f'      - {{id: way{number}, text: Puerta {number}, to: "@menu"}}\n' for number in range(3))
WRITE = '      - {id: write, text: Que me escriban, to: "@flow:waiting", when: desk is open and case is none, sets: {desk: request}}\n'
OFFER = f'kind: offer_person\n    card: offer\n    choices:\n{WRITE}      - {{id: next, text: Seguir, to: "@next"}}\n'
OPEN_ONLY = "    when: desk is open and case is none\n    consent: contact\n"
WAITING = "flows/waiting.yaml"
TO_SEARCH = ("Quiero ayuda", "Falta alguien")
TO_TONIGHT = (*TO_SEARCH, "Sí", "Guerrero")

CASES: tuple[Case, ...] = (
    # reading
    Case(code="missing-file", breaks=(Break(file="urgency.yaml"),), file="content/urgency.yaml"),
    one("bad-yaml", "understanding/es.yaml", "words: [no", "words: [[no"),
    one("bad-shape", TONIGHT, "title: Esta noche", "titel: Esta noche"),
    one("bad-shape", LINES, "    source: {title: Una página, date: 2026-01}\n", "", says="source"),
    one("bad-name", "flows/help.yaml", "flow: help", "flow: aid"),
    one("twice", LINES, "id: state_office", "id: search_line", says="search_line"),
    one("twice", SEARCH, "  - id: where", "  - id: minor", says="'minor'"),
    one("twice", DOORS, "{id: phone,", "{id: search,", says="choice 'search'"),
    one("twice", TONIGHT, "- id: office", "- id: line", says="block 'line'"),
    one(
        "twice",
        "flows/help.yaml",
        "start: help",
        "triggers:\n  - intents: [search]\nstart: help",
        says="intent 'search'",
        file=f"content/{SEARCH}",
    ),
    # references
    one("unknown-target", SEARCH, "skip: where", "skip: nowhere", says="'nowhere'", path=TO_SEARCH),
    one("unknown-target", SEARCH, "guide: tonight", "guide: tomorrow", says="'tomorrow'"),
    one("unknown-target", "flows/returning.yaml", "id: back", "id: again", says="'back'"),
    one("unknown-command", DOORS, '"@steps"', '"@stepz"', says="@stepz"),
    one("unknown-command", SEARCH, "- {to: minor}", '- {to: "@exit"}', says="@exit"),
    one("unknown-flow", DOORS, '"@flow:phone"', '"@flow:phones"', says="@flow:phones", path=("Quiero ayuda",)),
    Case(code="unknown-flow", breaks=(Break(file="flows/voice.yaml"),), says="'voice'", file="content/flows"),
    one("unknown-flow", "flows/help.yaml", "kind: say", "kind: call\n    flow: nobody", says="'nobody'"),
    one("unknown-card", SEARCH, "card: tonight", "card: today", says="'today'", path=TO_TONIGHT),
    one("unknown-fact", TONIGHT, "    door: state", "    door: state\n    facts: [office]", says="'office'", path=TO_TONIGHT),
    one("unknown-fact", SEARCH, "@copy:search_line", "@copy:searchline", says="@copy:searchline"),
    one("crisis-unheard", "flows/distress.yaml", '    sets: {distress.heard: "yes"}\n', "", says="self_harm"),
    one("crisis-unheard", "flows/danger.yaml", "intents: [danger]", "intents: [search]", says="danger", file="content/flows"),
    one("unknown-flow", SEARCH, "need: true", "need: true\nreplaces: [found]", says="'found'"),
    one("unknown-intent", SEARCH, "intents: [search]", "intents: [serch]", says="'serch'"),
    one("unknown-recording", "flows/voice.yaml", "kind: say", "kind: say\n    voice: bye", says="'bye'", path=("(voice)",)),
    one("unknown-text", "interface.yaml", '  person: "Una persona"\n', "", says="'ui.person'", path=()),
    one("unknown-text", "interface.yaml", "  pause: [pausa]\n", "", says="'pause'"),
    one("unknown-command", "interface.yaml", "pause: [pausa]", "pauses: [pausa]", says="'pauses'"),
    one("same-label", "interface.yaml", "[pausa]", "[pausa, idioma]", says="'language' (es) and 'pause' (es)"),
    one("unknown-placeholder", TONIGHT, "Di que es menor.", "Di que es {menor}.", says="{menor}"),
    one("unknown-placeholder", TONIGHT, "Di que es menor.", '"Di que es {Menor de edad}."', says="{Menor de edad}"),
    one("nothing-to-say", SEARCH, "    card: tonight\n", "", says="'tonight'", path=TO_TONIGHT),
    one("fact-no-value", LINES, 'value: "55 0000 0001"', "value: null", says="state_office", file="content/cards/tonight.yaml"),
    one("fact-no-value", LINES, 'value: "55 0000 0000"', "value: null", says="@copy:search_line", file="content/flows/search.yaml"),
    # guards
    one("guard-unreadable", TONIGHT, "search.minor is yes", "search.minor equals yes", says="equals"),
    one("guard-unasked", TONIGHT, "search.minor is yes", "search.small is yes", says="search.small"),
    one("guard-unasked", "urgency.yaml", "search.minor is yes", "search.minor is yes or search.small is yes"),
    one("guard-impossible", TONIGHT, "search.minor is yes", "search.minor is maybe", says="'maybe'", path=()),
    one("guard-impossible", TONIGHT, "search.minor is yes", "search.minor is yes and search.minor is no", says="two things"),
    one("guard-impossible", SEARCH, "authority is not yes", "authority is not no", says="'no'"),
    one("branch-open", SEARCH, "      - {to: minor}\n", "", says="'which'"),
    one("urgency-never", "urgency.yaml", "search.minor is yes", "search.minor is yes and search.minor is not yes"),
    # questions
    one("no-purpose", SEARCH, "    purpose: urgency\n", "", says="'minor'", path=TO_SEARCH),
    one("no-why", SEARCH, "    why: Si es menor se activan más cosas.\n", "", says="'minor'", path=TO_SEARCH),
    one("no-skip", SEARCH, "    skip: where\n", "", says="'minor'", path=TO_SEARCH),
    one("before-consent", SEARCH, "    card: tonight\n", "    card: tonight\n    needs_consent: true\n", path=TO_TONIGHT),
    one(
        "before-consent",
        "flows/help.yaml",
        "kind: say",
        "kind: wait\n    saves: help.story\n    purpose: guidance",
        says="'help'",
        path=("help",),
    ),
    # consent: a text that is not beside its button, or not always; a request where nobody is, or twice; a list nobody saw
    one("no-consent", "cards/offer.yaml", "    consent: contact\n", "", says="'request'", file="content/flows/person.yaml"),
    one(
        "no-consent",
        "cards/offer.yaml",
        OPEN_ONLY,
        OPEN_ONLY.replace("desk is open", "authority is yes"),
        file="content/flows/person.yaml",
    ),
    one("no-consent", "cards/elsewhere.yaml", "    consent: referral\n", "", says="'elsewhere yes'", file="content/flows/live.yaml"),
    one(
        "no-consent",
        "flows/person.yaml",
        "when: desk is open and case is none",
        "when: desk is not open and case is none",
        says="where there is none",
    ),
    one("consent-incomplete", "cards/offer.yaml", '"{desk} verá tu idioma.', '"Alguien verá tu idioma.', says="{desk}"),
    one("consent-incomplete", "cards/elsewhere.yaml", "{other} verá", "{desk} verá", says="{other}"),
    one("consent-incomplete", "cards/danger.yaml", "Lo quitas con retirar.", "Lo puedes quitar.", says="the word that takes it back"),
    one("consent-incomplete", "interface.yaml", "Esto vería {desk}.", "Esto verían.", says="ui.share_title"),
    one(
        "order-without-case",
        WAITING,
        "- {id: written, text: Solo si yo escribo, to: room, sets: {desk: reach written}}",
        "- {id: written, text: Solo si yo escribo, to: room, sets: {desk: word x}}\n"
        "      - {id: next, text: Seguir, to: withdrawn, sets: {desk: withdraw}}\n"
        "      - {id: again, text: Otra vez, to: reach}",
        says="'word x'",
    ),
    Case(code="human-far", breaks=(Break(file="flows/danger.yaml", old=WRITE, new=""),), says="in es a human is not within 3 taps"),
    one("number-far", "cards/danger.yaml", "**{emergency}**", "a tu gente", says="in ht no number", file="content/flows/welcome.yaml"),
    # the walk
    one(
        "unreachable-step",
        SEARCH,
        "  - id: tonight\n",
        '  - id: lost\n    kind: say\n    text: Nadie llega aquí.\n    choices:\n      - {id: next, text: Seguir, to: "@next"}\n'
        "  - id: tonight\n",
        says="'lost'",
    ),
    one("dead-end", "flows/danger.yaml", '      - {id: menu, text: Ya pasó, to: "@menu"}\n', "", path=("Ahora mismo",)),
    one(
        "dead-end",
        SEARCH,
        '{id: called, text: Ya llamé, to: "@next"}',
        '{id: called, text: Ya llamé, to: "@next", when: authority is not yes}',
        says="'tonight'",
        path=(*TO_TONIGHT, "Una autoridad es parte"),
    ),
    one(
        "loop-without-input",
        SEARCH,
        "      - {to: minor}\n",
        "      - {to: round}\n"
        "  - id: round\n    kind: branch\n    branches:\n      - {when: authority is yes, to: minor}\n      - {to: which}\n",
        says="search.which > search.round",
    ),
    one("loop-without-input", "flows/help.yaml", "kind: say", "kind: call\n    flow: help", says="help.help"),
    one(
        "no-exit",
        DOORS,
        '      - {id: steps, text: Mis pasos, to: "@steps"}\n',
        "".join(f'      - {{id: way{number}, text: Puerta {number}, to: "@menu"}}\n' for number in range(4)),
        says="'anything_else'",
    ),
    Case(
        code="no-person",
        breaks=(
            Break(
                file="flows/person.yaml",
                old=OFFER,
                new='kind: branch\n    branches:\n      - {to: "@flow:help"}\n',
            ),
            Break(file="flows/danger.yaml", old=WRITE, new=""),
        ),
        says="from step 'start' (active) a person is out of reach",
        file="content/flows/welcome.yaml",
        path=(),
    ),
    one("shadowed-choice", DOORS, "text: Otra cosa", "text: Menú", says="'menu'", path=None),
    one("same-label", DOORS, "text: Mi teléfono", "text: Falta alguien", says="'search' and 'phone'", path=("Quiero ayuda",)),
    # sizes
    one("text-too-long", TONIGHT, "Di que es menor.", LONG * 250, file=f"content/{SEARCH}", path=TO_TONIGHT),
    one(
        "long-screen",
        TONIGHT,
        "Di que es menor.",
        '"' + "Di que es menor. " * 25 + '"',
        error=False,
        says="'tonight' (fr)",
        file=f"content/{SEARCH}",
    ),
    one("copy-too-long", LINES, "55 0000 0000", "5" * 257, file="content/flows/search.yaml", path=TO_TONIGHT),
    one("label-too-long", DOORS, "text: Mi teléfono", "text: " + "Mi teléfono " * 6, error=False),
    one(
        "many-buttons",
        DOORS,
        '      - {id: steps, text: Mis pasos, to: "@steps"}\n',
        "".join(f'      - {{id: way{number}, text: Puerta {number}, to: "@menu"}}\n' for number in range(5)),
        says="6 buttons",
        error=False,
    ),
    one(
        "crowded-screen",
        SEARCH,
        '      - {id: called, text: Ya llamé, to: "@next"}\n',
        '      - {id: called, text: Ya llamé, to: "@next"}\n' + "".join(WAYS[:2]),
        says="shows 9 buttons: 5 of its own, 4 of navigation",
        error=False,
        path=TO_TONIGHT,
    ),
    # facts
    one(
        "fact-no-use",
        TONIGHT,
        ' **{state_office}**."\n    door: state',
        ' abierta."',
        says="state_office",
        error=False,
        file=f"content/{LINES}",
    ),
    Case(
        code="fact-past-review",
        breaks=(Break(file=LINES, old="2027-10-01\n    risk: high", new="2026-11-20\n    risk: high"),),
        file=f"content/{LINES}",
        error=False,
        path=TO_TONIGHT,
    ),
    Case(
        code="fact-past-review",
        breaks=(Break(file=LINES, old="2027-10-01\n    risk: high", new="2026-11-20\n    risk: high"),),
        file=f"content/{LINES}",
        production=True,
    ),
    Case(
        code="fact-past-review",
        breaks=(Break(file=LINES, old="2027-10-01\n    risk: low", new="2026-11-20\n    risk: low"),),
        file=f"content/{LINES}",
        production=True,
        error=False,
    ),
    one("fact-review-soon", LINES, "2027-10-01\n    risk: low", "2026-12-20\n    risk: low", error=False),
    one(
        "fact-unsigned",
        LINES,
        "door: federal\n    signed_off_by: Una persona",
        "door: federal",
        production=True,
        says="search_line",
    ),
    one(
        "phone-untested",
        LINES,
        "    test_called: 2026-10-01\n  - id",
        "  - id",
        production=True,
        says="search_line",
        path=TO_TONIGHT,
    ),
    one(
        "conflict-only-door",
        LINES,
        "    door: federal\n",
        "    door: federal\n    conflict: Otra página dice otro número.\n",
        says="search_line",
        file="content/flows/search.yaml",
        path=(*TO_TONIGHT, "Una autoridad es parte"),
    ),
    one("door-unmarked", TONIGHT, "\n    door: state", "", says="state_office"),
    one(
        "door-unmarked", TONIGHT, "Di que es menor.", "Ve con alguien al Ministerio Público.", says="'Ministerio Público'", path=TO_TONIGHT
    ),
    one("door-unmarked", TONIGHT, "Di que es menor.", "Si no contestan, la comisión de búsqueda de tu estado.", says="de tu estado"),
    one("door-unmarked", "flows/help.yaml", "Toca un botón.", "Pregunta en el DIF.", says="'DIF'"),
    one("numbered-with-fact", TONIGHT, "Pide la búsqueda", "**1.** Pide la búsqueda", says="step 1", error=False, path=TO_TONIGHT),
    Case(
        code="numbered-with-fact",
        breaks=(
            Break(file=TONIGHT, old="Pide la búsqueda", new="**2.** Pide la búsqueda"),
            Break(file=TONIGHT, old="Di que es menor.", new='"**3.** Di que es menor."'),
        ),
        says="step 2",
        error=False,
    ),
    one(
        "sources-unreachable",
        SEARCH,
        '      - {id: called, text: Ya llamé, to: "@next"}\n',
        '      - {id: called, text: Ya llamé, to: "@next"}\n' + "".join(WAYS),
        says="'tonight'",
        error=False,
        path=TO_TONIGHT,
    ),
    # numbers
    one("loose-door", TONIGHT, "Di que es menor.", "Marca 800 123 4567.", says="'800 123 4567', the value of no fact", path=TO_TONIGHT),
    one("loose-door", TONIGHT, "Di que es menor.", "Marca **912**.", says="'912'"),
    one("loose-door", TONIGHT, "Di que es menor.", '"Entra a https://ejemplo.org/ayuda."', says="'https://ejemplo.org/ayuda'"),
    one("loose-door", TONIGHT, "Di que es menor.", "Escribe a @quien_ayuda.", says="'@quien_ayuda'"),
    one("loose-door", TONIGHT, "búsqueda: **{search_line}**", "búsqueda: **55 0000 0000**", says="the value of fact 'search_line'"),
    one("loose-door", "interface.yaml", '"Listo"', '"Listo 911"', says="ui.done (es) writes out '911'"),
    one("loose-door", SEARCH, "text: Copiar número", "text: Copiar 55 0000 0001", says="'55 0000 0001'"),
    one("loose-door", LINES, "Hay una línea nacional.", "Es el 55 0000 0000.", says="fact.search_line.fallback"),
    one("loose-door", LINES, "Recibe reportes.", "Recibe reportes, o 800 123 4567.", says="fact.search_line.statement"),
    one("loose-door", LINES, "Hay una línea nacional.", "Marca 55 0000 0001.", says="'state_office'", error=False),
    one("loose-door", LINES, "Hay una línea nacional.", "Marca 55 0000 0001.", says="'state_office'", production=True),
    # voice
    one("dull-opening", TONIGHT, "Pide la búsqueda", "Un secuestro se denuncia", says="'secuestro'", file="content/flows/search.yaml"),
    one("dull-opening", SEARCH, "echo: Entendí.", "echo: Entendí que está muerta.", says="'muert*'", path=("«no llego a casa»",)),
    one("never-said", TONIGHT, "Di que es menor.", "Todo va a estar bien.", says="card.tonight.minor"),
    one("exclamation", TONIGHT, "Di que es menor.", "¡Di que es menor!", says="card.tonight.minor"),
    # scenarios
    Case(code="no-scenario", breaks=(Break(file="scenarios/help.yaml"),), says="'help'", file="content/flows/help.yaml"),
    Case(
        code="scenario-unknown-flow",
        breaks=(Break(file="scenarios/gone.yaml", new="scenarios:\n  - {scenario: Nada, does: [hola], reaches: welcome.start}\n"),),
        file="content/scenarios/gone.yaml",
    ),
    one("scenario-fails", "scenarios/search.yaml", "reaches: tonight", "reaches: search.where", says="I am at search.tonight"),
)
"""Every code except those of translations, the bound of the walk and callback data, which are not broken by a file of `content/`."""
