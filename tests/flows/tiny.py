"""A tiny program written in a test, and somebody who walks through it.

`program(flow('''...'''))` compiles what an administrator would write, beside the few flows the engine knows by name. `Walk` is one person:
the conversation is saved and read again between all turns, so that every walk is also a test of storing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent
from types import MappingProxyType

from flows.advance import advance, begin
from flows.authoring.bundle import bundle
from flows.authoring.compile import compile_program
from flows.authoring.load import Content, PlacesFile, read_yaml
from flows.authoring.schema import CardFile, FlowFile, InterfaceFile, UrgencyFile
from flows.codec import decode_conversation, decode_effect, encode_conversation, encode_effect
from flows.effects import Effect, Order, Screen, ShowScreen
from flows.events import Command, CommandGiven, Event, MediaKind, MediaReceived, Pressed, Reading, StalePressed, TextReceived, TimerFired
from flows.program import Program
from flows.screens import screen
from flows.state import Conversation, Position
from flows.triage import Urgency, urgency

START = 1_800_000_000
STATES = ("Aguascalientes", "Baja California", "Campeche", "Chiapas", "Ciudad de México", "Coahuila", "Michoacán", "Nuevo León", "Yucatán")

_HOUSE = """
- flow: welcome
  title: Inicio
  start: start
  steps: [{id: start, kind: say, text: Inicio., choices: [{id: help, text: Ayuda, to: "@menu"}]}]
- flow: doors
  title: Puertas
  start: doors
  steps:
    - {id: doors, kind: say, text: Puertas., choices: [{id: again, text: Otra vez, to: doors}]}
    - {id: anything_else, kind: say, text: Algo más., choices: [{id: no_more, text: Nada más, to: doors}]}
- flow: phone
  title: Teléfono
  start: ask
  steps:
    - id: ask
      kind: ask
      text: ¿Alguien más mira este teléfono?
      choices:
        - {id: private, text: Es mío, to: "@next", sets: {phone: private}}
        - {id: checked, text: Lo miran, to: "@next", sets: {phone: checked}}
- flow: cover
  title: Trámites
  start: card
  steps:
    - {id: card, kind: say, text: Acta., choices: [{id: face, text: Más trámites, to: face}]}
    - {id: face, kind: say, text: Trámites., choices: [{id: return, text: Lo anterior, to: "@resume"}]}
- flow: danger
  title: Peligro
  start: now
  triggers: [{intents: [danger], sets: {danger.heard: "yes"}}]
  steps: [{id: now, kind: say, text: Peligro., choices: [{id: better, text: Ya pasó, to: "@next"}]}]
- flow: distress
  title: Ánimo
  start: ask
  triggers: [{intents: [self_harm], sets: {distress.heard: "yes"}}]
  steps: [{id: ask, kind: ask_yes_no, text: ¿Piensas en quitarte la vida?}]
- flow: returning
  title: Seguimos
  start: back
  steps: [{id: back, kind: say, text: Seguimos., choices: [{id: on, text: Seguir, to: "@resume"}]}]
- flow: paused
  title: Pausa
  start: resume
  steps: [{id: resume, kind: say, text: Pausa., choices: [{id: on, text: Seguir, to: "@resume"}]}]
- flow: erase
  title: Borrar
  start: confirm
  steps: [{id: confirm, kind: say, text: ¿Borrar?, choices: [{id: really, text: Borrar todo, to: "@erase_now"}]}]
- flow: person
  title: Persona
  start: offer
  steps: [{id: offer, kind: offer_person, text: Nadie ahora., choices: [{id: ok, text: Bien, to: "@next"}]}]
- flow: help
  title: Ayuda
  start: help
  steps: [{id: help, kind: say, text: Ayuda., choices: [{id: ok, text: Bien, to: "@next"}]}]
- flow: media
  title: Archivo
  start: keep
  steps: [{id: keep, kind: say, text: ¿Copia?, choices: [{id: gone, text: Quítalo, to: "@next", sets: {media: remove}}]}]
- flow: voice
  title: Voz
  start: answer
  steps: [{id: answer, kind: say, voice: hola, text: Voz., choices: [{id: ok, text: Bien, to: "@next"}]}]
"""
_INTERFACE = """
messages: {"yes": "Sí", "no": "No", done: Listo, skip: Prefiero no decir, back: Atrás, exit: Salir}
hears: {exit: [salir], back: [atrás], "yes": [sí, claro], "no": [no, nel], done: [listo], skip: [paso]}
"""


def _data(text: str) -> object:
    return read_yaml(dedent(text))[0]


def flow(text: str) -> FlowFile:
    """A flow as an administrator writes it."""
    return FlowFile.model_validate(_data(text))


def card(text: str) -> CardFile:
    """A card, likewise."""
    return CardFile.model_validate(_data(text))


def program(
    *flows: FlowFile, cards: Sequence[CardFile] = (), rules: str = "rules: []", english: Mapping[str, str] = MappingProxyType({})
) -> Program:
    """Compile flows beside the house's own; one of the same name takes its place."""
    house = _data(_HOUSE)
    assert isinstance(house, list)
    named = {each.flow: each for each in (*map(FlowFile.model_validate, house), *flows)}
    content = Content(
        flows=named,
        cards={each.card: each for each in cards},
        facts={},
        interface=InterfaceFile.model_validate(_data(_INTERFACE)),
        urgency=tuple(UrgencyFile.model_validate(_data(rules)).rules),
        lists=PlacesFile(state={f"s{number}": name for number, name in enumerate(STATES)}, country={"hn": "Honduras"}),
        scenarios={},
    )
    return compile_program(bundle(content, {"en": english}))


class Walk:
    """One person in a program, standing at `flow.step` to begin with."""

    def __init__(self, given: Program, at: str = "welcome.start") -> None:
        self.program = given
        self.now = START
        name, step = at.split(".")
        self.held: Conversation = begin(given, locale="es").evolve(stack=(Position(flow=name, step=step),))
        self.effects: tuple[Effect, ...] = ()

    def happens(self, event: Event) -> Walk:
        """One turn, through storage."""
        held, self.effects = advance(self.program, self.held, event)
        self.held = decode_conversation(encode_conversation(held))
        assert self.held == held
        waiting = tuple(effect for effect in self.effects if not isinstance(effect, Order))  # an order is done in its own turn
        assert tuple(decode_effect(encode_effect(effect)) for effect in waiting) == waiting
        return self

    def press(self, *names: str) -> Walk:
        """Press buttons one after the other, each by the id of its choice or by its code."""
        for name in names:
            self.happens(Pressed(at=self.now, code=self.codes().get(name, name)))
        return self

    def types(self, text: str, reading: Reading | None = None) -> Walk:
        """Type words that were read so."""
        return self.happens(TextReceived(at=self.now, text=text, reading=reading or Reading()))

    def asks(self, command: Command) -> Walk:
        """Give a command."""
        return self.happens(CommandGiven(at=self.now, command=command))

    def sends(self, kind: MediaKind) -> Walk:
        """Send something that is not words."""
        return self.happens(MediaReceived(at=self.now, kind=kind))

    def later(self, seconds: int, timer: str = "") -> Walk:
        """Let time pass, and a timer fire."""
        self.now += seconds
        return self.happens(TimerFired(at=self.now, name=timer)) if timer else self

    def stale(self) -> Walk:
        """Press something old."""
        return self.happens(StalePressed(at=self.now))

    @property
    def here(self) -> str:
        """Where the person is."""
        return f"{self.held.here.flow}.{self.held.here.step}"

    @property
    def shown(self) -> Screen:
        """The screen the last turn put before them, which is the one that stands."""
        found = [effect.screen for effect in self.effects if isinstance(effect, ShowScreen)]
        return found[-1] if found else screen(self.program, self.held)

    def codes(self) -> dict[str, str]:
        """Buttons of the standing screen: id of the choice, or name of a place -> code."""
        return {button.text or button.label.rpartition(".")[2]: button.code for button in screen(self.program, self.held).buttons}

    def answer(self, key: str) -> tuple[str, ...] | None:
        """What is held of a question."""
        return self.held.answers.get(key)

    def urgency(self) -> Urgency:
        """What the rules say."""
        return urgency(self.program, self.held)
