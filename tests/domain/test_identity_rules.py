"""Who is who: sightings, people's merges, and undoing them exactly."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import strategies as st

from cix.domain import identity
from cix.domain.identity import FactRetracted, IdentifiersObserved, RecordsMerged, groups
from cix.facts import Entry
from cix.records import Recorded
from cix.testing import START, Scenario, a_sighting, a_ticket, given

MERGE = RecordsMerged("r-1", "r-2", "one phone")


def seen(*names: str) -> Scenario:
    scenario = given()
    for name in names:
        scenario = scenario.given(a_sighting(name), key=name)
    return scenario


def recorded(*facts: object, requests: tuple[str | None, ...] = ()) -> list[Recorded[object]]:
    """Return the facts as a log: positions 1, 2, ..., a minute apart."""
    found: list[Recorded[object]] = []
    for position, fact in enumerate(facts, start=1):
        request = requests[position - 1] if requests else None
        entry = Entry.of(type(fact))
        found.append(
            Recorded.of(
                fact,
                position=position,
                occurred_at=START + timedelta(minutes=position),
                tags=(*entry.tags_of(fact), *([f"id:{request}"] if request else [])),
                type=entry.word.name,
            )
        )
    return found


def named(position: int) -> str:
    return str(UUID(int=position))


class TestDeciding:
    def test_a_sighting_keeps_identifiers_apart_and_tags_random_ids(self) -> None:
        decided = given().when(
            identity.observe, "r-1", identifiers=(("phone", "86138"),), values=("i-9",)
        )
        decided.then(IdentifiersObserved("r-1", ("i-9",), (("phone", "86138"),)))
        entry = Entry.of(IdentifiersObserved)
        assert entry.tags_of(decided.facts[0]) == ("record:r-1", "identifier:i-9")
        assert [category for category, _ in entry.boxes] == ["identity"]

    def test_every_sighting_is_a_fact(self) -> None:
        given(a_sighting("r-1")).when(identity.observe, "r-1").then(a_sighting("r-1"))

    def test_a_person_says_that_two_records_are_one_customer(self) -> None:
        seen("r-1", "r-2").when(identity.merge, "r-1", other="r-2", reason="one phone").then(
            MERGE
        ).then_again_nothing()

    def test_the_same_merge_the_other_way_round_writes_nothing(self) -> None:
        seen("r-1", "r-2").given(MERGE, key="r-1").when(
            identity.merge, "r-2", other="r-1"
        ).then_nothing()

    def test_a_record_is_not_merged_with_itself(self) -> None:
        seen("r-1").when(identity.merge, "r-1", other="r-1").then_refused("self_merge")

    def test_a_record_never_seen_is_not_merged(self) -> None:
        seen("r-1").when(identity.merge, "r-1", other="r-9").then_refused("not_found")
        seen("r-1").when(identity.merge, "r-9", other="r-1").then_refused("not_found")

    def test_a_fact_is_undone_by_its_id_or_by_that_of_its_command(self) -> None:
        merged = seen("r-1", "r-2").given(MERGE, key="r-1", request="q-1")
        for name in (named(3), "q-1"):
            merged.when(identity.retract, "r-1", fact=name, reason="two people").then(
                FactRetracted(name, ("r-1", "r-2"), "two people")
            ).then_again_nothing()

    def test_a_merge_is_undone_from_either_side(self) -> None:
        merged = seen("r-1", "r-2").given(MERGE, key="r-1")
        merged.when(identity.retract, "r-2", fact=named(3)).then(
            FactRetracted(named(3), ("r-1", "r-2"))
        )

    def test_after_an_undo_a_new_merge_is_a_new_fact(self) -> None:
        merged = seen("r-1", "r-2").given(MERGE, key="r-1", request="q-1")
        undone = merged.when(identity.retract, "r-1", fact="q-1").after()
        undone.when(identity.merge, "r-1", other="r-2", reason="one phone").then(MERGE)

    def test_an_undo_can_be_undone(self) -> None:
        merged = seen("r-1", "r-2").given(MERGE, key="r-1", request="q-1")
        undone = merged.given(FactRetracted("q-1", ("r-1", "r-2")), key="r-1", request="q-2")
        decided = undone.when(identity.retract, "r-1", fact="q-2")
        decided.then(FactRetracted("q-2", ("r-1", "r-2"))).then_again_nothing()
        decided.after().when(identity.merge, "r-1", other="r-2").then_nothing()

    def test_what_is_not_there_cannot_be_undone(self) -> None:
        seen("r-1").when(identity.retract, "r-1", fact="q-9").then_refused("not_found")


class TestGroups:
    def test_records_that_nobody_merged_are_alone(self) -> None:
        log = recorded(a_sighting("r-1"), a_sighting("r-2"))
        assert groups(log) == {"r-1": "r-1", "r-2": "r-2"}

    def test_the_customer_is_named_after_the_oldest_record(self) -> None:
        log = recorded(
            a_sighting("r-3"),
            a_sighting("r-1"),
            a_sighting("r-2"),
            RecordsMerged("r-1", "r-2"),
            RecordsMerged("r-2", "r-3"),
        )
        assert groups(log) == {"r-1": "r-3", "r-2": "r-3", "r-3": "r-3"}

    def test_an_undone_merge_leaves_each_part_under_its_own_oldest(self) -> None:
        log = recorded(
            a_sighting("r-1"),
            a_sighting("r-2"),
            a_sighting("r-3"),
            RecordsMerged("r-1", "r-2"),
            RecordsMerged("r-2", "r-3"),
            FactRetracted(named(4), ("r-1", "r-2")),
        )
        assert groups(log) == {"r-1": "r-1", "r-2": "r-2", "r-3": "r-2"}

    def test_undoing_the_undo_joins_them_again(self) -> None:
        log = recorded(
            a_sighting("r-1"),
            a_sighting("r-2"),
            MERGE,
            FactRetracted(named(3), ("r-1", "r-2")),
            FactRetracted(named(4), ("r-1", "r-2")),
        )
        assert groups(log)["r-2"] == "r-1"

    def test_a_merge_with_a_record_never_seen_waits_for_it(self) -> None:
        before = recorded(a_sighting("r-1"), MERGE)
        assert groups(before) == {"r-1": "r-1", "r-2": "r-2"}
        after = recorded(a_sighting("r-1"), MERGE, a_sighting("r-2"))
        assert groups(after) == {"r-1": "r-1", "r-2": "r-1"}

    def test_a_record_whose_only_sighting_is_undone_stands_alone(self) -> None:
        log = recorded(
            a_sighting("r-1"), a_sighting("r-2"), MERGE, FactRetracted(named(1), ("r-1",))
        )
        assert groups(log) == {"r-1": "r-1", "r-2": "r-2"}

    def test_a_retraction_undoes_what_a_command_wrote(self) -> None:
        log = recorded(
            a_sighting("r-1"),
            a_sighting("r-2"),
            MERGE,
            FactRetracted("q-1", ("r-1", "r-2")),
            requests=(None, None, "q-1", "q-2"),
        )
        assert groups(log)["r-2"] == "r-2"

    def test_facts_of_other_rooms_say_nothing_of_identity(self) -> None:
        assert groups(recorded(a_ticket("r-7"))) == {}

    def test_a_retraction_does_not_reach_forward(self) -> None:
        log = recorded(
            a_sighting("r-1"), a_sighting("r-2"), FactRetracted(named(4), ("r-1", "r-2")), MERGE
        )
        assert groups(log)["r-2"] == "r-1"


NAMES = ("r-1", "r-2", "r-3", "r-4")
FACTS = st.lists(
    st.sampled_from(NAMES).map(a_sighting)
    | st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: RecordsMerged(*pair))
    | st.integers(1, 15).map(lambda at: FactRetracted(named(at), NAMES)),
    max_size=15,
)


@for_all(FACTS, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_arrival(facts, random) -> None:  # noqa: ANN001  # hypothesis fills them in
    log = recorded(*facts)
    shuffled = list(log)
    random.shuffle(shuffled)
    assert groups(shuffled) == groups(log)


@for_all(FACTS)
def test_a_customer_is_a_record_of_its_own_group_and_the_oldest(facts) -> None:  # noqa: ANN001  # hypothesis fills it in
    found = groups(recorded(*facts))
    for customer in found.values():
        assert found[customer] == customer


@for_all(FACTS)
def test_a_merge_and_its_undo_leave_the_groups_as_they_were(facts) -> None:  # noqa: ANN001  # hypothesis fills it in
    log = recorded(*facts, RecordsMerged("r-1", "r-4"))
    undone = recorded(
        *facts, RecordsMerged("r-1", "r-4"), FactRetracted(named(len(log)), ("r-1", "r-4"))
    )
    before = groups(recorded(*facts))
    after = groups(undone)
    assert {name: after[name] for name in before} == before


class TestValues:
    def test_a_phone_number_has_one_form(self) -> None:
        forms = (
            "+86 138-0000-0000",
            "008613800000000",
            "13800000000",
            "＋86１３８００００００００",
        )
        assert {identity.normalise("phone", form) for form in forms} == {"8613800000000"}

    def test_an_address_is_compared_in_lower_case(self) -> None:
        assert identity.normalise("email", " Li.Na+x@Example.ORG ") == "li.na+x@example.org"

    def test_other_values_keep_their_case(self) -> None:
        assert identity.normalise("wechat_openid", " oAbC ") == "oAbC"
