"""Each fault of the matrix and the tests that break a gateway by it. `test_faults.py` holds that all of them are there."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """What happens, and where it is made to happen: `file::test`, the file below `tests/`."""

    what: str
    tests: tuple[str, ...]


REDIS, STORE, TLS, MACHINE = (
    "cache/test_redis_faults.py",
    "cache/test_redis.py",
    "cache/test_redis_tls.py",
    "end_to_end/test_machine.py",
)
OUTAGE, CARE, ANSWERS, BODIES = (
    "origin/test_outage.py",
    "origin/test_care.py",
    "origin/test_faults.py::test_a_bad_answer_is_told_from_a_good_one",
    "origin/test_bad_bodies.py::test_no_bad_body_is_served_or_kept",
)
RELOAD, LOADING, EVIDENCE, LOGS = (
    "end_to_end/test_reload.py",
    "policy/test_loading.py",
    "geo/test_watch.py",
    "telemetry/test_logs.py",
)

FAULTS: dict[str, Fault] = {
    "R1": Fault("nobody listens at the start", (
        f"{REDIS}::test_nobody_listens_at_start_and_no_reader_waits",
        "cache/test_redis_cluster.py::test_a_cluster_of_which_no_node_answers_is_a_redis_that_is_down",
    )),
    "R2": Fault("killed under load", (f"{REDIS}::test_killed_under_load_costs_no_answer_and_hits_resume_after_its_restart",)),
    "R3": Fault("stopped: accepts and never answers", (
        f"{REDIS}::test_a_redis_that_accepts_and_never_answers_is_given_up_within_a_second",
        f"{REDIS}::test_a_late_answer_is_thrown_away_with_its_connection",
        "acceptance/test_check_05_redis_sigstop.py::test_a_stopped_redis_under_load",
    )),
    "R4": Fault("half a second late, or just in time", (
        f"{REDIS}::test_half_a_second_is_no_answer_and_the_breaker_waits_for_it_to_end",
        f"{REDIS}::test_just_under_the_deadline_is_still_an_answer",
    )),
    "R5": Fault("one answer in a hundred stalls", (f"{REDIS}::test_one_answer_in_a_hundred_that_stalls_is_no_outage",)),
    "R6": Fault("full, and refuses writes", (f"{REDIS}::test_a_full_redis_still_reads_and_is_told_of_once_a_minute",)),
    "R7": Fault("a read-only replica", (f"{REDIS}::test_a_replica_is_read_and_not_written",)),
    "R8": Fault("still loading", (f"{REDIS}::test_a_redis_that_is_still_loading_is_down_until_it_has_loaded",)),
    "R9": Fault("lets go of pages for want of room", (f"{REDIS}::test_pages_that_redis_let_go_of_for_want_of_room_are_misses",)),
    "R10": Fault("reset in the middle of an answer", (
        f"{REDIS}::test_a_connection_cut_at_any_byte_is_made_anew_and_gives_the_page",
        "acceptance/test_check_06_redis_faults.py::test_a_reset_at_every_byte_of_an_answer_gives_the_page",
    )),
    "R11": Fault("wrong password, or a right taken away", (
        f"{REDIS}::test_a_wrong_password_is_said_once_as_an_error",
        f"{REDIS}::test_a_right_taken_away_while_serving_is_said_at_once",
    )),
    "R12": Fault("corrupted, foreign, old or swapped values", (
        f"{STORE}::test_what_is_no_page_of_ours_is_a_miss_and_is_healed",
        f"{STORE}::test_swapped_values_are_never_served",
        "cache/test_redis_nonsense.py::test_whatever_answers_in_its_place_is_a_miss_and_is_over_when_it_is_over",
        "acceptance/test_check_07_poisoned_values.py::test_ten_thousand_corruptions_are_refused_counted_and_healed",
    )),
    "R13": Fault("no more clients, no free connection", (
        f"{REDIS}::test_a_redis_that_takes_no_more_clients_costs_no_answer",
        f"{REDIS}::test_a_thousand_readers_at_once_share_the_connections",
    )),
    "R14": Fault("emptied under load", (
        f"{REDIS}::test_emptied_under_load_it_is_a_miss_and_nothing_else",
        "end_to_end/test_one_fill.py::test_emptying_redis_under_load_fails_nobody_and_fills_each_page_once_more",
    )),
    "R15": Fault("purges of other processes are not heard", (f"{STORE}::test_a_process_that_missed_purges_forgets_all_when_it_hears_again",)),
    "R16": Fault("the master dies, sentinels choose another", ("cache/test_sentinel.py::test_after_a_failover_pages_are_kept_at_the_new_master",)),
    "R17": Fault("another's certificate; no TLS where TLS must be", (
        f"{TLS}::test_another_authority_or_another_name_is_a_redis_that_is_down",
        f"{TLS}::test_nothing_is_ever_said_in_the_clear",
        f"{TLS}::test_sentinels_and_clusters_that_cannot_be_believed_are_down",
    )),
    "R18": Fault("readers who leave", (
        f"{REDIS}::test_a_reader_who_leaves_never_gives_another_the_wrong_page",
        "acceptance/test_check_08_cancellation.py::test_readers_of_a_gateway_who_leave",
    )),
    "O1": Fault("refused, or no such name", (
        f"{OUTAGE}::test_o1_refused_what_is_kept_is_served_under_the_policies_of_now",
        f"{CARE}::test_nobody_listening_and_no_such_name_are_told_apart",
        "acceptance/test_check_12_origin_outage.py::test_a_cms_that_is_down",
    )),
    "O2": Fault("accepts and says nothing", (f"{OUTAGE}::test_o2_a_cms_that_hangs_costs_one_wait_and_is_then_left_alone",)),
    "O3": Fault("hangs in the middle of a body", (ANSWERS, BODIES)),
    "O4": Fault("a failing status; asks for quiet", (
        f"{OUTAGE}::test_o4_a_failing_status_is_hidden_by_what_is_kept_and_passed_on_where_nothing_is",
        f"{CARE}::test_retry_after_is_heeded_for_the_page_and_told_on",
    )),
    "O5": Fault("what is gone", (f"{OUTAGE}::test_o5_what_is_gone_is_gone_and_nothing_brings_it_back",)),
    "O6": Fault("cut short, and its length says so", (ANSWERS, BODIES)),
    "O7": Fault("cut short, and no length says so", (ANSWERS, BODIES)),
    "O8": Fault("a wrong length, garbage, two framings", (ANSWERS, BODIES)),
    "O9": Fault("a byte at a time", (ANSWERS, BODIES)),
    "O10": Fault("an error page, nothing, or another kind of page with status 200", (
        f"{OUTAGE}::test_o10_an_empty_page_and_another_kind_of_page_do_not_replace_an_article",
        "origin/test_suspicion.py::test_what_newsrooms_have_met_is_doubted",
    )),
    "O11": Fault("bombs and endless bodies", (ANSWERS, BODIES)),
    "O12": Fault("a kept connection ends under us", (
        f"{OUTAGE}::test_o12_a_kept_connection_that_ends_costs_nobody_anything",
        f"{CARE}::test_a_kept_connection_that_ends_under_us_costs_a_reader_nothing",
    )),
    "O13": Fault("one slow page among others", (
        f"{OUTAGE}::test_o13_one_slow_page_leaves_the_others_alone",
        "origin/test_places.py::test_one_slow_path_leaves_places_for_the_others_whatever_its_query",
        "acceptance/test_check_22_origin.py::test_a_slow_page_that_everybody_wants",
    )),
    "O14": Fault("a crowd waits for its return", (f"{OUTAGE}::test_o14_after_an_outage_the_cms_is_asked_a_little_more_every_moment",)),
    "G1": Fault("no database at the start", (f"{MACHINE}::test_a_database_that_is_not_there_stops_the_start_and_is_named",)),
    "G2": Fault("the file goes", (f"{EVIDENCE}::test_a_file_that_is_gone_leaves_the_old_one_in_service",)),
    "G3": Fault("a damaged file takes its place", (
        f"{EVIDENCE}::test_a_damaged_file_is_refused_and_the_old_one_stays",
        f"{EVIDENCE}::test_what_is_no_file_is_refused_at_once_and_the_old_one_stays",
        "geo/test_maxmind.py::test_a_damaged_place_in_a_file_is_silence_and_counted",
    )),
    "G4": Fault("overwritten in place", ("geo/test_maxmind.py::test_overwriting_the_file_in_place_hurts_nobody_who_reads_it",)),
    "G5": Fault("replaced at once, over and over", (
        f"{EVIDENCE}::test_fifty_replacements_atomic_and_in_place_hurt_no_reader",
        "acceptance/test_check_11_mmdb.py::test_replacing_and_damaging_the_database_under_load",
    )),
    "G6": Fault("older than the one in service", (f"{EVIDENCE}::test_an_older_file_is_refused_unless_it_is_wanted",)),
    "G7": Fault("another kind of database", (f"{EVIDENCE}::test_another_kind_of_database_is_refused",)),
    "G8": Fault("all workers read it at once", (
        "end_to_end/test_geo_copies.py::test_no_worker_ever_holds_more_than_two_copies",
        f"{EVIDENCE}::test_the_workers_of_a_machine_do_not_all_read_a_new_file_at_once",
    )),
    "P1": Fault("a mistake in a file", (
        "end_to_end/test_4_bad_edits.py::test_a_running_gateway_keeps_the_last_good_set_and_says_so",
        "acceptance/test_check_09_reload.py::test_of_a_thousand_broken_sets_none_is_applied",
    )),
    "P2": Fault("a mistake in what it means", ("end_to_end/test_4_bad_edits.py::test_check_names_file_line_column_and_remedy",)),
    "P3": Fault("files vanish", (
        f"{LOADING}::test_more_than_a_fifth_and_at_least_three_cannot_vanish_unconfirmed",
        f"{LOADING}::test_an_empty_directory_is_never_taken_for_a_decision",
        f"{RELOAD}::test_a_directory_swapped_by_moving_is_followed_and_its_absence_refused",
    )),
    "P4": Fault("half written", (
        f"{RELOAD}::test_a_file_written_byte_by_byte_is_applied_once_and_whole",
        f"{RELOAD}::test_a_set_with_a_manifest_is_refused_at_every_offset_at_which_a_file_may_end",
    )),
    "P5": Fault("thousands of files", (
        f"{LOADING}::test_reading_thousands_of_policies_does_not_hold_the_loop",
        "acceptance/test_check_09_reload.py::test_a_reload_of_5000_policies_does_not_hold_the_event_loop_for_50_ms",
    )),
    "P6": Fault("workers between two sets", (
        "end_to_end/test_workers.py::test_every_worker_comes_to_the_same_revision_and_counts_are_added_up",
        "acceptance/test_check_09_reload.py::test_a_hundred_reloads_at_500_requests_a_second_never_mix_two_revisions",
    )),
    "P7": Fault("a rule that cannot be decided", ("web/test_policy_failed.py::test_a_policy_that_cannot_be_decided_is_told_once_a_revision",)),
    "P8": Fault("changes that no watcher tells of", (
        f"{RELOAD}::test_an_editor_that_saves_by_renaming_is_followed",
        f"{RELOAD}::test_a_change_that_moves_neither_size_nor_time_is_found",
    )),
    "P9": Fault("no valid set at a cold start", (
        "end_to_end/test_4_bad_edits.py::test_a_start_without_a_valid_set_is_refused_with_the_same_message",
        "end_to_end/test_4_bad_edits.py::test_a_start_on_the_signed_last_good_set_says_so_loudly",
    )),
    "S1": Fault("a full disk", (
        f"{MACHINE}::test_a_full_disk_costs_no_answer_and_no_reload",
        f"{LOGS}::test_a_full_disk_costs_lines_and_nothing_else",
    )),
    "S2": Fault("who reads the log stalls, or goes", (
        f"{LOGS}::test_a_stalled_reader_holds_nobody_up_and_what_is_lost_is_said",
        f"{LOGS}::test_a_reader_that_went_away_costs_lines_and_nothing_else",
        "acceptance/test_check_19_logging.py::test_a_log_that_cannot_be_written",
    )),
    "S3": Fault("the clock jumps", ("acceptance/test_check_24_clock.py::test_the_clock_jumps_under_load",)),
    "S4": Fault("a worker is killed", (
        "end_to_end/test_workers.py::test_a_worker_that_is_killed_is_replaced_and_costs_only_what_it_had_in_flight",
        "acceptance/test_check_21_restarts.py::test_a_worker_that_is_killed_under_load",
    )),
    "S5": Fault("workers keep dying", (f"{MACHINE}::test_workers_that_keep_dying_end_the_gateway_for_a_supervisor_to_see",)),
    "S6": Fault("all workers are replaced in turn", (
        "end_to_end/test_workers.py::test_a_rolling_restart_fails_nobody",
        "acceptance/test_check_21_restarts.py::test_two_rolling_restarts_under_load",
    )),
    "S7": Fault("clients disconnect", ("acceptance/test_check_08_cancellation.py::test_readers_of_a_gateway_who_leave",)),
    "S8": Fault("little memory", (
        "cache/test_memory.py::test_whatever_is_done_it_stays_within_its_bytes_and_never_mixes_pages",
        "cache/test_memory.py::test_a_page_over_a_mebibyte_is_not_kept_and_the_old_one_goes",
        "end_to_end/test_memory_limit.py::test_before_that_pages_in_memory_make_room",
        "end_to_end/test_memory_limit.py::test_a_worker_that_has_grown_beyond_its_limit_is_replaced_and_fails_nobody",
    )),
    "S9": Fault("no descriptor left", (f"{MACHINE}::test_when_no_descriptor_is_left_it_waits_and_goes_on_when_there_are_some",)),
    "S10": Fault("the event loop is held", (
        "telemetry/test_lag.py::test_a_loop_that_is_held_is_seen_to_be_late_and_recovers",
        f"{REDIS}::test_our_own_slowness_is_not_held_against_redis",
    )),
    "S11": Fault("everything at once", ("acceptance/test_check_26_chaos.py::test_check_26_no_fault_is_seen_by_a_reader",)),
}  # fmt: skip
