"""A small house for the tests of words: one flow, one card, a few facts, an interface, and what it takes to render a screen of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.facts import Facts, Standing
from bot.i18n.render import Draft, Renderer
from flows.authoring.bundle import bundle
from flows.authoring.compile import compile_program
from flows.authoring.load import Content, PlacesFile
from flows.authoring.schema import Block, CardFile, Choice, Fact, FlowFile, InterfaceFile, Kind, Source, Step
from flows.effects import Echo, Screen, Shown
from flows.program import Program

TODAY = date(2026, 12, 1)
LIVE = Standing(organization="Casa Prueba")
TEST = Standing(test_version=True)


def fact(id_: str, value: str | None = "55 0000 0000", **changes: object) -> Fact:
    """A signed, called fact of high risk, good until 2027-01-01."""
    plain: dict[str, object] = {
        "id": id_,
        "kind": "phone" if value else "rule",
        "value": value,
        "statement": f"Línea {id_}.",
        "fallback": f"Pregunta por {id_}.",
        "source": Source(title=f"Hoja {id_}", date="2026-10"),
        "checked_on": date(2026, 11, 21),
        "checked_by": "equipo",
        "review_by": date(2027, 1, 1),
        "risk": "high",
        "confidence": "high",
        "test_called": date(2026, 11, 22) if value else None,
        "signed_off_by": "equipo",
    }
    return Fact.model_validate({**plain, **changes})


FLOW = FlowFile(
    flow="doors",
    title="Lo primero",
    echo="Entendí: {search} te escucha.",
    start="doors",
    steps=[
        Step(
            id="doors",
            kind=Kind.ASK,
            card="lines",
            why="Te pregunto para **no** repetir.",
            choices=[
                Choice(id="missing", text="Falta alguien", to="doors", hears=["no aparece", "se lo llevaron"]),
                Choice(id="call", text="Llamar a {search}", to="doors"),
            ],
        ),
        Step(id="org", kind=Kind.SAY, text="Soy de {org}.", to="doors"),
    ],
)
CARD = CardFile(
    card="lines",
    title="Líneas",
    safety="critical",
    blocks=[
        Block(id="call", text="Pide que la busquen.\n**{search}**\nDi dónde estás."),
        Block(id="again", text="También por escrito: {search}."),
        Block(id="rule", text="No hay plazo para pedirlo.", facts=["no_wait"]),
        Block(id="org", text="Te lee {org}.", standing="live"),
        Block(id="nobody", text="Nadie te lee.", standing="test"),
        Block(id="two", text="**Uno** 😀 **dos**"),
    ],
)
INTERFACE = InterfaceFile(
    messages={
        "echo_choice": "Entendí: {choice}",
        "echo_not_understood": "No te entendí bien, y no es tu culpa.",
        "echo_not_a_choice": "Elige una, o escribe de otro modo.",
        "echo_stale": "Ese botón era de antes.",
        "echo_typed_removed": "Quité tu mensaje de esta pantalla.",
        "echo_media": "Recibí tu audio.",
        "test_version": "Versión de prueba: aquí no hay nadie detrás.",
        "only_in_spanish": "Esta parte está solo en español.",
        "fact_dated": "Dato revisado el {when}",
        "source_checked": "Revisado el {when}",
        "no_sources": "Aquí no hay fuentes.",
        "sources_title": "De dónde sale",
        "copy": "Copiar número",
        "back": "Atrás",
        "exit": "Salir",
    },
    hears={"back": ["atrás", "regresar"]},
)
FACTS = (fact("search", "55 1111 2222"), fact("no_wait", None, risk="medium"))


def content(*, flow: FlowFile = FLOW, card: CardFile = CARD, facts: tuple[Fact, ...] = FACTS) -> Content:
    return Content(
        flows={flow.flow: flow},
        cards={card.card: card},
        facts={each.id: each for each in facts},
        interface=INTERFACE,
        urgency=(),
        lists=PlacesFile(state={}, country={}),
        scenarios={},
    )


def program(translations: Mapping[str, Mapping[str, str]] | None = None) -> Program:
    return compile_program(bundle(content(), translations or {}))


def screen(*blocks: str, locale: str = "es", echo: Echo | None = None, buttons: tuple[Shown, ...] = (), **changes: object) -> Screen:
    plain: dict[str, object] = {"program": "p", "flow": "doors", "step": "doors", "turn": 7}
    return Screen(locale=locale, blocks=blocks, echo=echo, buttons=buttons, **{**plain, **changes})  # type: ignore[arg-type]  # tests name fields


def shown(
    asked: Screen,
    *,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    facts: Facts | None = None,
    standing: Standing = LIVE,
    today: date = TODAY,
) -> Draft:
    """The draft of a screen, from a renderer without memory of other tests."""
    return Renderer().render(asked, program=program(translations), facts=facts or Facts.of(FACTS), standing=standing, today=today)
