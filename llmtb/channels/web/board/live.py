"""The live floor as the views see it, so that every board is drawn and worded from one source."""

from datetime import timedelta
from typing import Final, cast

from llmtb.actors.centre import Override
from llmtb.actors.floor import Floor
from llmtb.actors.shift import Break, OpenMeal, Shift
from llmtb.events.floor import CapacityCause, OverrideSet
from llmtb.events.ledger import Account
from llmtb.events.report import CapacityLine
from llmtb.projections.capacity import Capacity, Centre, Figure, Meal, OpenShift, Rest

_NOTHING: Final = Account()


def view_of(floor: Floor) -> Capacity:
    """What `llmtb.projections.board` draws from, out of the fold that also decides.

    Whoever set an override before its shift opened is not known here: `by` is empty then.
    """
    centre = floor.centre
    view = Capacity()
    view.shifts = {instance: _shift(shift) for instance, shift in floor.shifts.items()}
    view.centre = Centre(
        policy=centre.policy,
        load=centre.load,
        phones=centre.phones,
        overrides={
            instance: _override(floor.shifts[instance], override)
            for instance, override in centre.overrides.items()
            if instance in floor.shifts
        },
    )
    return view


def _shift(shift: Shift) -> OpenShift:
    last = shift.ledger.capacity[-1] if shift.ledger.capacity else None
    return OpenShift(
        shift=shift.instance,
        starts=shift.starts,
        ends=shift.ends,
        present=shift.present,
        rests={
            agent: _rest(rest, shift.ledger.accounts.get(agent, _NOTHING))
            for agent, rest in shift.breaks.items()
        },
        line=shift.line,
        meal=_meal(shift.meal) if shift.meal is not None else None,
        figure=_figure(last) if last is not None else None,
    )


def _figure(line: CapacityLine) -> Figure:
    return Figure(line.at, line.capacity, cast("CapacityCause", line.cause), None, line.present)


def _rest(rest: Break, account: Account) -> Rest:
    late = ((each.at, each.minute) for each in account.warnings if each.cause == "late")
    return Rest(
        kind=rest.kind,
        since=account.rest[1] if account.rest is not None else rest.due,
        due=rest.due,
        # A warning of this rest came at its due; those before it was extended are over.
        warned=[m for at, m in late if m is not None and at == rest.due + timedelta(minutes=m)],
    )


def _meal(meal: OpenMeal) -> Meal:
    return Meal(meal.name, meal.ends, meal.minutes, meal.eaten)


def _override(shift: Shift, override: Override) -> OverrideSet:
    acts = (act for act in reversed(shift.ledger.acts) if act.act == OverrideSet.__name__)
    act = next(acts, None)
    return OverrideSet(
        at=act.at if act is not None else shift.starts,
        by=act.by if act is not None else "",
        shift=shift.instance,
        capacity=override.capacity,
        until=override.until,
        reason=override.reason,
    )
