"""What stands on the screen at a step: which paragraphs, which buttons. Pure selection; words come at delivery."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final
from zlib import crc32

from flows import limits
from flows.effects import Echo, Line, Screen, Shown
from flows.program import BlockNode, ChoiceNode, Program, StepNode
from flows.state import Conversation, Mode
from flows.values import values

COVER: Final = "cover"
BUTTONS: Final = 5
"""A screen with this many choices of its own gets no navigation row: the menu button beside the text box has it."""
LOCAL_DOORS: Final = ("local", "state")
NO_PERSON: Final = ("person", "erase", "waiting", "live")
COPY: Final = "@copy:"
SKIP: Final = Shown(label="ui.skip", code="s")
DONE: Final = Shown(label="ui.done", code="d")
READ: Final = "read."
"""Lines of the list to share that say which guide was opened."""
LETTER: Final = Shown(label="ui.view_answer", code="nview")
NOTICE: Final = Shown(label="ui.view_notice", code="nview")
"""Words of a human are an answer; what merely happened is not."""
NO_LETTER: Final = frozenset({COVER, "danger", "distress"})
"""Where nothing is offered that could betray the person or hold them up."""


def screen(program: Program, conversation: Conversation, echo: Echo | None = None) -> Screen:
    """The screen of the conversation as it stands."""
    if conversation.aside == "sources":
        return _sources(program, conversation)
    if conversation.aside == "steps":
        return _steps(program, conversation)
    if conversation.aside == "envelope":
        return _envelope(program, conversation)
    if conversation.aside == "share":
        return _share(program, conversation)
    here = conversation.here
    step = program.flows[here.flow].steps[here.step]
    blocks = visible_blocks(step, conversation)
    own = _own(program, step, conversation)
    return Screen(
        program=program.id,
        locale=conversation.locale,
        flow=here.flow,
        step=here.step,
        turn=conversation.turn,
        blocks=tuple(block.message for block in blocks),
        buttons=(
            *_letter(conversation),
            *own,
            *_navigation(step, conversation, own, facts=any(block.facts for block in blocks)),
        ),
        echo=echo,
        why=step.why,
        phone=conversation.phone.value,
        reading_mode=conversation.reading_mode,
        desk=conversation.desk if step.speaks_of_desk else None,
    )


def visible_blocks(step: StepNode, conversation: Conversation) -> tuple[BlockNode, ...]:
    """Paragraphs whose guard holds. "The authority is part of it" takes local and state doors away; what was said once is not said
    again."""
    if step.steady_blocks:
        return step.blocks
    held = values(conversation)
    closed = LOCAL_DOORS if "yes" in conversation.answers.get("authority", ()) else ()
    return tuple(
        block
        for block in step.blocks
        if (block.when is None or block.when.holds(held))
        and block.door not in closed
        and not (block.once and block.message in conversation.seen)
    )


def waiting_for_a_look(conversation: Conversation) -> bool:
    """Whether something has come from the desk that the person has not seen: every ordinary screen then offers to open it."""
    return bool(conversation.unread or conversation.news)


def _letter(conversation: Conversation) -> tuple[Shown, ...]:
    plain = conversation.mode is Mode.ACTIVE and conversation.here.flow not in NO_LETTER
    if not plain or not waiting_for_a_look(conversation):
        return ()
    return (LETTER,) if conversation.unread else (NOTICE,)


def _facts(blocks: tuple[BlockNode, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for block in blocks for fact in block.facts))


def button_of(index: int, choice: ChoiceNode, *, picked: bool = False) -> Shown:
    """The button of a step's choice: what it copies, or the code of its place among the choices."""
    if choice.to.startswith(COPY):
        return Shown(label=choice.label, copy=choice.to.removeprefix(COPY), row=choice.row or 0)
    return Shown(label=choice.label, code=f"c{index}", picked=picked, row=choice.row or 0)


def _own(program: Program, step: StepNode, conversation: Conversation) -> tuple[Shown, ...]:
    if step.steady_buttons is not None:
        return step.steady_buttons
    held = values(conversation)
    picked = conversation.answers.get(step.saves, ()) if step.kind == "ask_many" else ()
    shown = [
        button_of(index, choice, picked=choice.id in picked)
        for index, choice in enumerate(step.choices)
        if choice.when is None or choice.when.holds(held)
    ]
    if step.kind == "ask_place":
        shown = [*_places(program, step, conversation), *shown]
    if step.kind == "ask_many":
        shown.append(DONE)
    if step.personal and not any(choice.id == "unsaid" for choice in step.choices):
        shown.append(SKIP)
    return tuple(shown)


def _places(program: Program, step: StepNode, conversation: Conversation) -> list[Shown]:
    names = program.places.get(step.place, ())
    start = conversation.page * limits.PLACES_A_PAGE
    page = names[start : start + limits.PLACES_A_PAGE]
    shown = [Shown(text=name, code=f"p{start + number}", row=number // 2 + 1) for number, (_, name) in enumerate(page)]
    if start:
        shown.append(Shown(label="ui.previous", code="-", row=90))
    if start + limits.PLACES_A_PAGE < len(names):
        shown.append(Shown(label="ui.more", code="+", row=90))
    return shown


def _navigation(step: StepNode, conversation: Conversation, own: tuple[Shown, ...], *, facts: bool) -> tuple[Shown, ...]:
    """Back, sources, a person and the exit, as far as the author has not placed them and the screen has room: choices that do not stand
    on it now take none."""
    flow = conversation.here.flow
    if flow == COVER or sum(shown.code[:1] == "c" for shown in own) >= BUTTONS:
        return ()
    return _row(
        back=bool(conversation.trail) and "@back" not in step.placed and conversation.mode is Mode.ACTIVE,
        sources=facts,
        leave="@exit" not in step.placed and "@hide" not in step.placed,
        person="@person" not in step.placed and flow not in NO_PERSON,
    )


@lru_cache(maxsize=16)
def _row(*, back: bool, sources: bool, leave: bool, person: bool) -> tuple[Shown, ...]:
    wanted = (
        (person, Shown(label="ui.person", code="nperson", row=97)),
        (back, Shown(label="ui.back", code="nback", row=98)),
        (sources, Shown(label="ui.sources", code="nsources", row=98)),
        (leave, Shown(label="ui.exit", code="nexit", row=98)),
    )
    return tuple(shown for wish, shown in wanted if wish)


def _aside(program: Program, conversation: Conversation, name: str) -> Screen:
    return Screen(
        program=program.id,
        locale=conversation.locale,
        flow=name,
        step=name,
        turn=conversation.turn,
        blocks=(f"ui.{name}_title",),
        phone=conversation.phone.value,
        reading_mode=conversation.reading_mode,
        buttons=(Shown(label="ui.back", code="nresume", row=98), Shown(label="ui.exit", code="nexit", row=98)),
    )


def _sources(program: Program, conversation: Conversation) -> Screen:
    step = program.flows[conversation.here.flow].steps[conversation.here.step]
    plain = _aside(program, conversation, "sources")
    return replace(plain, sources=_facts(visible_blocks(step, conversation)))


def _envelope(program: Program, conversation: Conversation) -> Screen:
    """A dull line; what it holds is shown to whoever opens it."""
    plain = _aside(program, conversation, "envelope")
    opens = "nview" if waiting_for_a_look(conversation) else "nresume"
    buttons = (Shown(label="ui.view", code=opens), Shown(label="ui.exit", code="nexit", row=98))
    line = "ui.envelope" if conversation.unread else "ui.envelope_message"
    return replace(plain, blocks=(line,), buttons=buttons)


def _share(program: Program, conversation: Conversation) -> Screen:
    """The exact list of what would be shared; each line can be taken out."""
    plain = _aside(program, conversation, "share")
    listed = lines(program, conversation)
    out = tuple(Shown(label="ui.take_out", text=str(number + 1), code=f"x{number}", row=1 + number // 3) for number in range(len(listed)))
    yes = (Shown(label="ui.share_this", code="y", row=90),) if listed else ()
    title = "ui.share_title" if listed else "ui.share_nothing"
    return replace(plain, blocks=(title,), lines=listed, buttons=(*out, *yes, *plain.buttons), desk=conversation.desk)


def lines(program: Program, conversation: Conversation) -> tuple[Line, ...]:
    """The exact list a person may share: answers whose questions say how they read, and the guides they opened, less those taken off."""
    found: list[Line] = []
    for key, held in conversation.answers.items():
        shareable = program.shareable.get(key)
        if shareable is not None and key not in conversation.kept_back:
            found.extend(Line(key=key, question=shareable.question, answer=shareable.answers[v]) for v in held if v in shareable.answers)
    guides = ((f"{READ}{need}", need) for need in conversation.needs if need in program.titles)
    opened = ((key, need) for key, need in guides if key not in conversation.kept_back)
    found.extend(Line(key=key, question="ui.share_read", answer=program.titles[need]) for key, need in opened)
    return tuple(found[: limits.SHARED_LINES])


def _steps(program: Program, conversation: Conversation) -> Screen:
    plain = _aside(program, conversation, "steps")
    guides = tuple(
        Shown(label=program.titles[need], code=f"g{number}") for number, need in enumerate(conversation.needs) if need in program.titles
    )
    return replace(plain, buttons=(*guides, *plain.buttons))


def digest(shown: Screen) -> int:
    """What a screen that speaks of the desk says, as one number: two that read the same have the same. 0 for any other screen."""
    known = shown.desk
    if known is None:
        return 0
    named = (known.organization, known.name, known.minutes, known.returns, known.alias, known.other, known.code)
    said = (shown.flow, shown.step, shown.locale, shown.blocks, tuple(button.label for button in shown.buttons), named)
    return crc32(repr(said).encode())


def place_of(conversation: Conversation) -> str:
    """The name of what stands on the screen, as the buttons are bound to it: `flow.step`."""
    if conversation.aside:
        return f"{conversation.aside}.{conversation.aside}"
    return f"{conversation.here.flow}.{conversation.here.step}"
