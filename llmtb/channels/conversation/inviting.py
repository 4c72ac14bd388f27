"""People: who is on the list, invited by a link that opens once, and taken off it again.

A link holds the invitation's code, so it is whispered: told at once, and recorded nowhere.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from llmtb.actors.access import AcceptInvitation, Invite, digest_of
from llmtb.actors.centre import AddAgent, RemoveAgent
from llmtb.actors.chat import Dialogue
from llmtb.channels.conversation import keyboards
from llmtb.channels.conversation.dialogues import SUPERVISOR, ask
from llmtb.channels.conversation.keyboards import Choice, page_of
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.phrases import ROLES, role_name
from llmtb.channels.conversation.step import (
    Given,
    Press,
    Say,
    Scene,
    Settings,
    Stage,
    Step,
    Unclear,
    Verb,
)
from llmtb.channels.conversation.tokens import find, short
from llmtb.channels.conversation.words import Phrase, Speech, plain
from llmtb.channels.port import Inline
from llmtb.events.event import Event
from llmtb.events.floor import Role

LONGEST_NAME: Final = 60
INVITED: Final[tuple[Role, ...]] = ("agent", "supervisor", "auditor", "customer")
"""What somebody can be invited as here; admins are made in the console, or at the machine."""


def link_to(bot: str, code: str) -> str:
    """The link that an invited person opens."""
    return f"https://t.me/{bot}?start={code}"


def invitation(
    by: str, agent: str, role: Role, code: str, now: datetime, settings: Settings
) -> Invite:
    """The invitation of a known person; of its code only the digest goes into it."""
    until = now + timedelta(hours=settings.invitation_hours)
    return Invite(by=by, agent=agent, role=role, code_digest=digest_of(code), until=until)


def acceptance(known: Known, account: str, code: str) -> AcceptInvitation | None:
    """What /start with a code asks for; None for a code that opens nothing, whatever the reason.

    An invitation holds for the role it was issued for: one whose person was removed meanwhile, or
    became something else, opens nothing.
    """
    digest = digest_of(code)
    invited = known.access.invitations.get(digest)
    person = known.person(invited.agent) if invited is not None else None
    if invited is None or person is None or person.role != invited.role:
        return None
    return AcceptInvitation(code_digest=digest, account=account)


def invalid(speech: Speech) -> str:
    """All that anybody hears of a code that opens nothing."""
    return speech.say("This invitation is not valid (any more). Please ask for a new one.")


def people(scene: Scene) -> Step:
    """Everybody on the list, and a button for one more."""
    return Step(replies=(_people(scene, 0),))


def turn_people(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Another page of them."""
    return Step(redraw=_people(scene, page_of(args)))


def person(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """One person: their role, whether they have joined, and what may be done about them."""
    agent = _agent(scene, args)
    if agent is None:
        return _gone(scene)
    speech, known, reference = scene.speech, scene.known, short(agent)
    role = role_name(speech, known.floor.centre.roster.people[agent].role)
    lines = [speech.say("{name} ({id}), {role}", name=known.name(agent), id=agent, role=role)]
    chat = known.chat_of(agent)
    if chat is None:
        lines.append(speech.say("Has not joined yet."))
    elif known.card(chat).unreachable:
        lines.append(speech.say("Cannot be reached: the bot is blocked there."))
    keyboard = keyboards.stacked(
        keyboards.one(speech.say("New invitation link"), "pl", reference, at=scene.now),
        keyboards.one(speech.say("Take off the list"), "pr", reference, at=scene.now),
    )
    return Step(redraw=Say(text="\n".join(lines), keyboard=keyboard))


def invite(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """A new link for a known person; an earlier one is void."""
    agent = _agent(scene, args)
    if agent is None:
        return _gone(scene)
    people = scene.known.floor.centre.roster.people
    if people[agent].role == "admin" and people[scene.agent].role != "admin":
        return Step(toast=scene.speech.say("Only an admin may do that."), alert=True)
    return _invite(scene, agent)


def remove(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """Asks once more before a person is taken off the list."""
    agent = _agent(scene, args)
    if agent is None:
        return _gone(scene)
    speech, name = scene.speech, scene.known.name(agent)
    text = speech.say("Take {name} off the list, the roster and the floor?", name=name)
    yes = keyboards.one(speech.say("Yes, take off"), "prx", short(agent), at=scene.now)
    no = keyboards.one(speech.say("No"), "pu", short(agent), at=scene.now)
    return Step(redraw=Say(text=text, keyboard=keyboards.stacked(yes, no)))


def removed(scene: Scene, args: tuple[str, ...], _drawn: datetime) -> Step:
    """The person taken off; their account and invitation are void with it."""
    agent = _agent(scene, args)
    if agent is None:
        return _gone(scene)
    if agent == scene.agent:
        return Step(toast=scene.speech.say("You cannot take yourself off."), alert=True)
    text = scene.speech.say("{name} is off the list.", name=scene.known.name(agent))
    done = Step(toast=text, redraw=Say(text=text))
    return Step(command=RemoveAgent(agent=agent, by=scene.agent), after=lambda _: done)


def begin(scene: Scene, _args: tuple[str, ...], _drawn: datetime) -> Step:
    """A new person: first the name."""
    return ask(scene, "invite.name", {}, _ask_name)


def _ask_name(scene: Scene, _given: Given) -> Say:
    return Say(text=scene.speech.say("What is the person's name?"))


def _take_name(scene: Scene, _given: Given, text: str) -> Step:
    name = plain(text)
    if not 0 < len(name) <= LONGEST_NAME:
        raise Unclear(scene.speech.say("Please write a name, in one line."))
    return ask(scene, "invite.role", {"name": name}, _ask_role)


def _ask_role(scene: Scene, given: Given) -> Say:
    speech = scene.speech
    text = speech.say("What will {name} be?", name=given["name"])
    choices = [Choice(role_name(speech, role), ("invite.role", role)) for role in INVITED]
    return Say(text=text, keyboard=keyboards.listed("d", choices, scene.now, wide=2))


def _take_role(scene: Scene, given: Given, text: str) -> Step:
    role, name = _role(scene, text), given["name"]
    agent = f"p{short(scene.update)}"  # an id of its own: names are only for reading
    command = AddAgent(agent=agent, name=name, role=role, by=scene.agent)
    return Step(command=command, after=lambda _: _invite(scene, agent, role, name))


def _role(scene: Scene, text: str) -> Role:
    """The role that was pressed or written, in any language. Raises Unclear."""
    typed = text.strip().casefold()
    for role in INVITED:
        if typed in {role, *(each.casefold() for each in scene.words.said_as(ROLES[role]))}:
            return role
    raise Unclear(scene.speech.say("Please press one of the roles."))


def _invite(scene: Scene, agent: str, role: Role | None = None, name: str | None = None) -> Step:
    code = scene.new_code()
    role = role or scene.known.floor.centre.roster.people[agent].role
    command = invitation(scene.agent, agent, role, code, scene.now, scene.settings)

    def issued(_: Sequence[Event]) -> Step:
        text = scene.speech.say(
            "Send this link to {name}. It opens once, until {until}:\n{link}",
            name=name or scene.known.name(agent),
            until=scene.speech.moment(command.until, scene.now),
            link=Phrase(link_to(scene.bot, code)),
        )
        toast = scene.speech.say("Invited.")
        return Step(toast=toast, whisper=Say(text=text), dialogue=_over(scene))

    return Step(command=command, after=issued)


def _over(scene: Scene) -> Dialogue | None:
    """The dialogue that goes on after an invitation: none of inviting."""
    dialogue = scene.card.dialogue
    return None if dialogue is None or dialogue.step in STAGES else dialogue


def _people(scene: Scene, page: int) -> Say:
    speech, known = scene.speech, scene.known
    everyone = sorted(known.floor.centre.roster.people, key=lambda each: (known.name(each), each))
    choices = []
    for agent in everyone:
        joined = "" if known.chat_of(agent) is not None else " · …"
        choices.append(Choice(f"{known.name(agent)}{joined}", (short(agent),)))
    new = keyboards.button(speech.say("Invite a new person"), "pn", at=scene.now)
    keyboard = keyboards.paged("pu", choices, page, ("pp",), scene.now)
    text = speech.count("{n} person is on the list.", "{n} people are on the list.", len(everyone))
    return Say(text=text, keyboard=Inline(((new,), *keyboard.rows)))


def _agent(scene: Scene, args: tuple[str, ...]) -> str | None:
    return find(args[0], scene.known.floor.centre.roster.people) if args else None


def _gone(scene: Scene) -> Step:
    return Step(toast=scene.speech.say("That person is not on the list any more."))


STAGES: Final[dict[str, Stage]] = {
    "invite.name": Stage(SUPERVISOR, _ask_name, _take_name),
    "invite.role": Stage(SUPERVISOR, _ask_role, _take_role),
}
VERBS: Final[dict[str, Verb]] = {"people": Verb(SUPERVISOR, people)}
PRESSES: Final[dict[str, Press]] = {
    "pp": Press(SUPERVISOR, turn_people),
    "pu": Press(SUPERVISOR, person),
    "pn": Press(SUPERVISOR, begin),
    "pl": Press(SUPERVISOR, invite),
    "pr": Press(SUPERVISOR, remove),
    "prx": Press(SUPERVISOR, removed),
}
