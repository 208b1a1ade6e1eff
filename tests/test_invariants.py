"""Where each invariant and each crash point of the engine is shown: number, sentence, tests.

The numbers are those of the engine's design, D7 and D8, and of the twelve rules of the domain. A
place is a file and a name in it.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

SIMULATED = "simulation/invariants.py"
POST = "bot/post"
POINTS = "crash/test_points.py::test_it_may_die_anywhere"
KILLS = "crash/test_kills.py::test_kills_at_any_moment_lose_and_double_nothing"
DRAINED = f"{POST}/test_drain.py::test_killed_while_it_is_brought_in_it_takes_effect_once"

INVARIANTS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "what was answered 2xx is kept",
        (
            f"{SIMULATED}::d7_1_what_was_answered_is_kept",
            KILLS,
            (
                f"{POST}/test_webhooks.py"
                "::test_more_than_the_record_can_take_soon_is_refused_before_any_commit"
            ),
        ),
    ),
    2: (
        "many deliveries take effect once",
        (
            f"{SIMULATED}::d7_2_many_deliveries_take_effect_once",
            f"{POST}/test_inbox.py::test_many_deliveries_of_one_event_are_one_row",
        ),
    ),
    3: (
        "a lane keeps its order, and has one worker",
        (
            f"{SIMULATED}::d7_3_a_lane_keeps_its_order",
            f"{POST}/test_lanes.py::test_several_workers_let_each_message_take_effect_once_in_order",
        ),
    ),
    4: (
        "a worker past its lease commits nothing",
        (
            f"{SIMULATED}::d7_4_a_stale_worker_changes_nothing",
            f"{POST}/test_inbox.py::test_a_stale_holder_cannot_commit",
        ),
    ),
    5: (
        "state and words commit together",
        (
            f"{SIMULATED}::d7_5_state_and_words_commit_together",
            f"{POST}/test_lanes.py::test_nothing_of_a_turn_that_fails_is_kept",
        ),
    ),
    6: (
        "one key is one message",
        (
            f"{SIMULATED}::d7_6_one_key_is_one_message",
            f"{POST}/test_outbox.py::test_two_transactions_that_put_the_same_message_put_it_once",
        ),
    ),
    7: (
        "nobody waits for the network in a transaction",
        (
            f"{SIMULATED}::d7_7_nobody_waits_in_a_transaction",
            f"{POST}/test_sender.py::test_no_transaction_is_open_while_the_provider_is_spoken_to",
        ),
    ),
    8: (
        "a part has one accepted id, or repeats that are marked",
        (f"{SIMULATED}::d7_8_a_part_has_one_accepted_id", POINTS),
    ),
    9: (
        "news only goes up",
        (
            f"{SIMULATED}::d7_9_news_only_goes_up",
            f"{POST}/test_receipts.py::test_every_order_of_news_comes_to_the_same_end",
        ),
    ),
    10: (
        "early news and news of strangers is kept and applied",
        (
            f"{SIMULATED}::d7_10_early_news_is_kept_and_applied",
            (
                f"{POST}/test_receipts.py"
                "::test_news_of_a_message_nobody_knows_is_kept_and_applied_when_it_is_known"
            ),
        ),
    ),
    11: (
        "nothing begins after a stop",
        (
            f"{SIMULATED}::d7_11_nothing_after_a_stop",
            f"{POST}/test_hush.py::test_a_stop_takes_effect_before_anybody_works_its_lane",
        ),
    ),
    12: (
        "nothing is sent too late, or at night",
        (
            f"{SIMULATED}::d7_12_nothing_is_sent_late",
            f"{POST}/test_sender.py::test_the_provider_may_not_deliver_later_than_we_would",
            f"{POST}/test_night.py::test_what_nobody_asked_for_waits_for_the_morning",
            f"{POST}/test_night.py::test_the_provider_may_not_deliver_at_night_what_it_took_by_day",
        ),
    ),
    13: (
        "no limit is exceeded, by any number of processes",
        (
            f"{POST}/test_pacing.py::test_no_demand_whatever_exceeds_a_limit",
            (
                f"{POST}/test_pacing_shared.py"
                "::test_processes_together_exceed_no_limit_though_redis_forgets_everything"
            ),
        ),
    ),
    14: (
        "what is held is kept, and goes in order",
        (
            f"{SIMULATED}::d7_14_a_shut_gate_holds_and_loses_nothing",
            (
                f"{POST}/test_remedies.py"
                "::test_what_waits_before_a_shut_gate_is_kept_and_goes_when_it_opens"
            ),
        ),
    ),
    15: (
        "nothing of our own words goes to a closed WhatsApp talk",
        (f"{POST}/test_windows.py::test_a_private_message_waits_behind_a_nudge_that_says_nothing",),
    ),
    16: (
        "poison stops nobody, is seen, and can be tried again",
        (
            f"{SIMULATED}::d7_16_poison_stops_nobody",
            (
                f"{POST}/test_lanes.py"
                "::test_a_poison_envelope_is_parked_after_five_tries_and_the_lane_goes_on"
            ),
            f"{POST}/test_lanes.py::test_one_bad_piece_of_news_steps_aside_for_the_others",
        ),
    ),
    17: (
        "without Redis things are only slower",
        (
            "demo/test_scale.py::test_whichever_process_is_killed_or_silent_each_is_answered_once_and_a_new_start_goes_on",
        ),
    ),
    18: (
        "a clock that jumps claims nothing twice",
        (
            (
                f"{POST}/test_replay.py"
                "::test_a_worker_whose_clock_jumps_claims_no_lane_that_another_holds"
            ),
        ),
    ),
    19: (
        "what is said to be stored is there; its original goes only after",
        (
            f"{SIMULATED}::d7_19_what_is_kept_is_whole",
            (
                f"{POST}/test_eraser.py"
                "::test_when_the_provider_deletes_our_copy_is_on_disk_with_its_hash"
            ),
        ),
    ),
    20: (
        "no secret in a log, a row or an error",
        (
            "bot/test_log.py::test_planted_numbers_and_tokens_never_appear",
            "channels/test_contract.py::test_nothing_of_a_message_or_a_secret_is_logged",
        ),
    ),
}

CRASHES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("verified, not inserted", (POINTS, "crash/test_points.py::in.verified")),
    2: ("inserted, not committed", (POINTS, "crash/test_points.py::in.inserted")),
    3: ("committed, not answered", (POINTS, "crash/test_points.py::in.committed")),
    4: ("answered, nobody woken", (POINTS, "crash/test_points.py::in.answered")),
    5: (
        "the record is away: it lies beside it whole or not at all, or it is delivered again",
        (
            f"{POST}/test_drain.py::test_killed_while_it_is_put_there_it_is_there_whole_or_not_at_all",
            (
                f"{POST}/test_drain.py"
                "::test_while_the_record_is_away_twilio_is_thanked_for_what_lies_beside_it"
            ),
            "crash/test_spool.py::in.spool_renamed",
            (
                f"{POST}/test_webhooks.py"
                "::test_while_the_record_is_away_the_provider_is_told_to_come_again"
            ),
        ),
    ),
    6: (
        "inserted from beside the record or from a list, not marked so",
        (
            DRAINED,
            f"{POST}/test_drain.py::test_brought_in_twice_and_by_two_at_once_it_is_there_once",
            "crash/test_spool.py::in.drained",
            POINTS,
            "crash/test_points.py::sweep.kept",
        ),
    ),
    7: ("a lane claimed, nothing worked", (POINTS, "crash/test_points.py::lane.claimed")),
    8: ("in the middle of a turn", (POINTS, "crash/test_points.py::turn.mid")),
    9: ("a turn committed, its lane held", (POINTS, "crash/test_points.py::turn.committed")),
    10: (
        "a worker stands still past its lease",
        (
            (
                "crash/test_kills.py"
                "::test_a_worker_that_stands_still_past_its_lease_does_nothing_after"
            ),
            f"{POST}/test_lanes.py::test_a_worker_that_slept_past_its_lease_changes_nothing",
        ),
    ),
    11: (
        "the last envelope done while a new one comes",
        (
            (
                f"{POST}/test_inbox.py"
                "::test_an_envelope_that_comes_while_its_lane_is_let_go_is_not_left_behind"
            ),
        ),
    ),
    12: ("a broadcast half handed over", (POINTS, "crash/test_points.py::clock.expanded")),
    13: ("the attempt written, the socket not", (POINTS, "crash/test_points.py::out.attempt")),
    14: (
        "the request written, no answer",
        (
            KILLS,
            (
                f"{POST}/test_sender.py"
                "::test_of_what_was_being_sent_at_a_crash_somebody_is_told_unless_it_is_found"
            ),
        ),
    ),
    15: ("answered, the outcome not written", (POINTS, "crash/test_points.py::out.called")),
    16: (
        "the record is away when the outcome is known",
        (
            DRAINED,
            (f"{POST}/test_drain.py::test_how_a_send_ended_is_kept_beside_a_record_that_is_away"),
            (f"{POST}/test_drain.py::test_after_a_restart_it_is_known_before_anybody_doubts_it"),
            "crash/test_spool.py::out.spooled",
            (
                f"{POST}/test_sender.py"
                "::test_a_record_that_is_away_for_a_moment_still_learns_what_was_sent"
            ),
        ),
    ),
    17: (
        "between two parts",
        (
            (
                f"{POST}/test_remedies.py"
                "::test_a_message_in_parts_goes_on_at_the_part_where_it_was_left"
            ),
        ),
    ),
    18: (
        "news before the answer is written",
        (
            POINTS,
            (
                f"{POST}/test_receipts.py"
                "::test_news_finds_its_message_by_our_own_id_before_we_know_theirs"
            ),
        ),
    ),
    19: ("failed for good, the other way not committed", (POINTS, "crash/test_points.py::out.leg")),
    20: (
        "a stop while something is in flight",
        (
            f"{SIMULATED}::d7_11_nothing_after_a_stop",
            f"{POST}/test_hush.py::test_what_a_turn_says_while_the_stop_comes_in_is_cancelled_too",
        ),
    ),
    21: (
        "a stop while the record was away takes effect before anything is sent",
        (
            (
                f"{POST}/test_drain.py"
                "::test_a_stop_beside_the_record_takes_effect_before_anything_is_sent"
            ),
            f"{POST}/test_sweep.py::test_a_stop_that_is_swept_takes_effect_when_it_is_kept",
            (
                "bot/test_fallback.py"
                "::test_it_starts_while_the_database_is_away_and_brings_in_what_it_kept"
            ),
        ),
    ),
    22: ("a file stored, its row not", (POINTS, "crash/test_points.py::media.stored")),
    23: (
        "its row committed, its original not deleted",
        (
            POINTS,
            (
                f"{POST}/test_eraser.py"
                "::test_killed_after_its_row_the_file_is_looked_at_and_deleted_in_time"
            ),
        ),
    ),
    24: (
        "deleted there, not marked so",
        (
            (
                f"{POST}/test_eraser.py"
                "::test_killed_after_the_deletion_it_is_asked_for_again_and_is_over"
            ),
        ),
    ),
    25: (
        "a timer fired, not committed",
        ("crash/test_timer.py::test_a_timer_that_fired_before_a_crash_takes_effect_once",),
    ),
    26: (
        "a burst of files half there",
        (f"{SIMULATED}::d7_19_what_is_kept_is_whole", KILLS),
    ),
    27: (
        "two people become one",
        (
            "office/test_people.py::test_staff_enrol_somebody_who_wrote_before",
            f"{POST}/test_turns.py::test_somebody_new_is_met_once_even_in_two_processes",
        ),
    ),
    28: (
        "the limiter forgets",
        (f"{POST}/test_pacing.py::test_no_limit_is_exceeded_though_the_process_ends_now_and_then",),
    ),
    29: (
        "a migration is interrupted",
        (
            (
                "faults/test_interrupted_migration.py"
                "::test_killed_at_any_statement_it_is_the_old_record_and_the_next_start_finishes"
            ),
        ),
    ),
    30: (
        "told to end with sends in flight",
        (
            (
                "crash/test_kills.py"
                "::test_told_to_end_under_load_it_answers_what_it_took_and_loses_nothing"
            ),
            (
                "bot/test_worker.py"
                "::test_told_to_end_it_claims_nothing_and_leaves_what_is_not_answered_unknown"
            ),
        ),
    ),
    31: (
        "the disk is full",
        (
            "faults/test_disk_full.py::test_the_record_s_disk_is_full",
            "faults/test_disk_full.py::test_the_disk_of_what_lies_beside_the_record_is_full",
        ),
    ),
    32: (
        "Redis dies, forgets and comes back",
        (
            "demo/test_scale.py::test_whichever_process_is_killed_or_silent_each_is_answered_once_and_a_new_start_goes_on",
        ),
    ),
}


RULES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "a named human verifies, decides and signs, and never the bot",
        (
            "test_only_humans.py::test_whoever_writes_a_verdict_is_told_which_human_gives_it",
            (
                "test_only_humans.py"
                "::test_nothing_that_reads_or_answers_a_chat_brings_about_what_only_a_human_does"
            ),
            "office/test_recognition.py::test_no_chat_verifies_and_a_human_s_word_goes_before_it",
            "office/test_findings.py::test_a_human_confirms_and_that_is_final",
        ),
    ),
    2: (
        "nobody unverified reads what tells",
        (
            "office/test_guard.py::test_words_that_tell_are_kept_back_from_whom_nobody_verified",
            f"{POST}/test_said.py::test_no_name_or_place_goes_to_whom_it_must_not",
            "test_one_way_out.py::test_what_is_drawn_has_passed_the_last_look",
        ),
    ),
    3: (
        "nobody is asked for money, passwords, full numbers or signatures",
        ("office/test_wording.py::test_our_own_sentences_ask_for_nothing",),
    ),
    4: (
        "what comes is kept before anybody is thanked",
        (f"{POST}/test_webhooks.py::test_nothing_is_thanked_for_before_it_is_committed",),
    ),
    5: (
        "thanks are for what is stored, and count it",
        (f"{POST}/test_thanks.py::test_what_came_is_called_what_it_is",),
    ),
    6: (
        "a stop wins, on every channel, and a word does not lift it",
        (
            (
                f"{POST}/test_turns.py"
                "::test_stop_is_confirmed_once_on_whatever_channel_and_is_not_lifted_by_a_word"
            ),
        ),
    ),
    7: ("a late yes answers nothing", (f"{POST}/test_router.py::test_a_late_yes_answers_nothing",)),
    8: (
        "an address is not a person",
        (
            "office/test_people.py::test_an_address_is_whoever_confirmed_it_last",
            "office/test_links.py::test_nothing_of_a_case_goes_to_an_address_in_doubt",
            (
                f"{POST}/test_wrong_number.py"
                "::test_where_another_has_that_address_staff_are_asked_and_nobody_is_told"
            ),
        ),
    ),
    9: (
        "nothing is said in a language that no human has written",
        (
            "bot/test_tongues.py::test_only_complete_languages_are_offered",
            "handlers/test_language.py::test_another_language_is_for_a_human",
        ),
    ),
    10: (
        "who is locked out is a human's alone",
        (
            "office/test_guard.py::test_the_locked_out_get_nothing_at_all",
            f"{POST}/test_strangers.py::test_a_minor_is_asked_nothing",
        ),
    ),
    11: (
        "what cannot be placed reaches a human, and its sender hears so once",
        (
            (
                f"{POST}/test_strangers.py"
                "::test_a_story_beside_a_question_reaches_a_human_once_and_the_question_stays"
            ),
        ),
    ),
    12: (
        "a chat serves no papers, is no testimony and gives no advice",
        (
            (
                "test_only_humans.py"
                "::test_no_sentence_of_ours_serves_papers_takes_testimony_or_advises"
            ),
            (
                f"{POST}/test_strangers.py"
                "::test_what_somebody_tells_is_no_testimony_and_serves_nothing"
            ),
        ),
    ),
}
"""The twelve rules that everything else hangs on, and where each is shown."""

PLACES = {
    place
    for table in (INVARIANTS, CRASHES, RULES)
    for _sentence, places in table.values()
    for place in places
}


def _stands(place: str) -> bool:
    """Tell whether a place is there: a function of that name, or a crash point of that name."""
    file, _, name = place.partition("::")
    text = (TESTS / file).read_text()
    if "." in name:
        return f'"{name}"' in text
    return re.search(rf"^(async )?def {name}\(", text, re.MULTILINE) is not None


def test_no_number_is_missing():
    assert sorted(INVARIANTS) == list(range(1, 21))
    assert sorted(CRASHES) == list(range(1, 33))
    assert sorted(RULES) == list(range(1, 13))


@pytest.mark.parametrize(
    "place",
    sorted(PLACES),
)
def test_each_place_is_where_the_table_says(place: str):
    assert _stands(place), f"There is no {place} any more. Say here where it is shown now."
