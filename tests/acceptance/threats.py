"""Each threat of the list and the tests that try it. `test_faults.py` holds that all of them are there."""

from __future__ import annotations

from tests.acceptance.faults import Fault

THREATS: dict[int, Fault] = {
    1: Fault("an address claimed by whom nobody trusts", (
        "geo/test_client_address.py::test_a_peer_that_is_not_trusted_is_the_reader_whatever_it_sends",
        "addresses/test_spoofing.py::test_no_header_changes_the_place_of_who_comes_past_the_proxies",
    )),
    2: Fault("an address put in before a trusted proxy's", (
        "addresses/test_spoofing.py::test_no_header_changes_the_place_of_who_comes_through_a_trusted_proxy",
        "addresses/test_spoofing.py::test_haproxy_adds_a_line_of_its_own_and_that_one_decides",
        "geo/test_client_address.py::test_a_claim_left_of_the_deciding_address_changes_nothing",
    )),
    3: Fault("many lines, empty items, ten thousand hops", (
        "geo/test_client_address.py::test_no_header_and_no_peer_raises",
        "geo/test_client_address.py::test_the_walk_over_x_forwarded_for",
    )),
    4: Fault("a header that this proxy does not set", (
        "geo/test_client_address.py::test_exactly_one_header_is_read",
        "acceptance/test_check_03_spoofing.py::test_no_spelling_of_any_header_changes_a_place",
    )),
    5: Fault("a CDN's country from elsewhere, or none", (
        "addresses/test_cdn.py::test_from_elsewhere_and_from_another_trusted_proxy_it_says_nothing",
        "addresses/test_cdn.py::test_what_the_cdn_says_is_read_as_any_vendors_word",
    )),
    6: Fault("who comes past the CDN", (
        "addresses/test_past_the_front.py::test_a_stranger_gets_one_answer_whatever_is_asked",
        "addresses/test_past_the_front.py::test_only_who_bears_the_secret_is_served_however_familiar_the_request",
        "addresses/test_past_the_front.py::test_with_or_without_the_express_lane_and_from_the_gate_the_refusal_is_the_same",
        "addresses/test_past_the_front.py::test_a_cms_is_never_told_the_secret_even_if_it_is_to_be_told_everything",
    )),
    7: Fault("the header stripped on the way", ("addresses/test_spoofing.py::test_a_proxy_that_names_nobody_leaves_an_unknown_place_not_its_own",)),
    8: Fault("IPv4 within IPv6", (
        "geo/test_locate.py::test_a_mapped_address_stands_where_the_plain_one_does",
        "geo/test_client_address.py::test_a_mapped_peer_is_the_proxy_that_it_holds",
        "addresses/test_forms.py::test_each_form_is_that_address_or_nobodys",
    )),
    9: Fault("6to4, Teredo, NAT64", (
        "geo/test_client_address.py::test_every_wrapping_of_an_address_is_that_address",
        "geo/test_locate.py::test_a_reader_in_moscow_is_there_however_the_address_is_wrapped",
        "addresses/test_forms.py::test_each_form_is_that_address_or_nobodys",
    )),
    10: Fault("zone identifiers", (
        "geo/test_client_address.py::test_the_walk_over_x_forwarded_for",
        "addresses/test_forms.py::test_each_form_is_that_address_or_nobodys",
    )),
    11: Fault("other ways to write a number", (
        "geo/test_client_address.py::test_an_address_is_read_back_however_it_is_written",
        "geo/test_client_address_edges.py::test_no_letter_beside_an_address_is_forgiven",
        "addresses/test_forms.py::test_each_form_is_that_address_or_nobodys",
    )),
    12: Fault("RFC 7239's grammar", (
        "geo/test_forwarded.py::test_what_the_grammar_makes_is_read_as_a_second_parser_reads_it",
        "geo/test_forwarded.py::test_neither_parser_takes_what_the_other_refuses",
        "addresses/test_forms.py::test_each_form_is_that_address_or_nobodys",
    )),
    13: Fault("ports and brackets", (
        "geo/test_client_address.py::test_the_walk_over_x_forwarded_for",
        "addresses/test_forms.py::test_each_form_is_that_address_or_nobodys",
    )),
    14: Fault("the PROXY protocol", (
        "addresses/test_proxy_protocol.py::test_anything_else_is_refused",
        "addresses/test_proxy_listener.py::test_a_balancer_that_says_no_right_header_gets_no_answer",
        "addresses/test_haproxy.py::test_the_reader_is_whom_haproxy_serves",
    )),
    15: Fault("relays, Tor, satellites, old databases", (
        "geo/test_maxmind.py::test_anonymizers_of_one_file_hide_what_another_says",
        "acceptance/test_check_02_unknown.py::test_whoever_cannot_be_placed_is_warned_and_not_refused",
    )),
    16: Fault("inputs that are not in the key", (
        "web/test_unkeyed.py::test_sixty_headers_leave_no_trace_in_any_page",
        "web/test_unkeyed.py::test_the_clean_answer_is_that_of_a_gateway_that_was_never_poisoned",
        "origin/test_unkeyed.py::test_what_one_reader_says_is_in_no_answer_to_another",
        "origin/test_passage_through.py::test_who_asks_stays_here",
    )),
    17: Fault("another host's name", (
        "web/test_hosts.py::test_another_name_is_misdirected_also_once_the_page_is_warm",
        "web/test_hosts.py::test_an_absolute_target_and_host_must_name_the_same_site",
    )),
    18: Fault("regions mixed in a cache downstream", (
        "web/test_downstream.py::test_whoever_came_first_everybody_gets_their_own_page",
        "origin/test_downstream.py::test_whoever_came_first_everybody_gets_their_own_page_of_a_cms",
        "acceptance/test_check_04_downstream.py::test_no_downstream_cache_mixes_regions",
    )),
    19: Fault("a 304, a part or a head of another region's", (
        "web/test_regions.py::test_a_condition_that_holds_in_one_region_gives_no_304_in_another_whose_page_differs",
        "web/test_regions.py::test_a_range_or_another_condition_always_gets_the_whole_page_of_its_own_region",
    )),
    20: Fault("two spellings of one path", (
        "web/test_paths.py::test_two_hundred_other_spellings_are_refused_without_the_page_its_policy_or_a_file",
        "web/test_paths.py::test_what_is_canonical_has_no_second_reading",
        "origin/test_paths.py::test_no_spelling_gets_a_page_of_the_cms_past_the_policy_for_its_path",
    )),
    21: Fault("an error that is kept", (
        "web/test_every_answer.py::test_every_kind_of_answer_is_safe_and_says_who_may_keep_it",
        "web/test_downstream.py::test_whoever_came_first_everybody_gets_their_own_page",
    )),
    22: Fault("somebody writes to Redis", (
        "cache/test_redis.py::test_what_is_no_page_of_ours_is_a_miss_and_is_healed",
        "cache/test_redis.py::test_swapped_values_are_never_served",
        "cache/test_redis.py::test_a_refused_value_is_counted_once_and_healed_by_the_reader_who_met_it",
    )),
    23: Fault("a hit tells that somebody was there", ("web/test_regions.py::test_nobody_is_told_that_somebody_else_was_there",)),
    24: Fault("a thousand at once for a cold page", (
        "cache/test_fetch.py::test_a_thousand_readers_of_a_cold_page_cost_the_fleet_one_rendering",
        "cache/test_fetch.py::test_a_page_that_could_not_be_made_is_made_by_the_next_without_delay",
    )),
    25: Fault("what was taken away comes back", (
        "origin/test_outage.py::test_o5_what_is_gone_is_gone_and_nothing_brings_it_back",
        "content/test_settling.py::test_a_file_that_stays_away_is_gone",
    )),
    26: Fault("smuggled requests", (
        "web/test_desync.py::test_malformed_framing_is_refused_with_a_fixed_page_and_the_connection_ends",
        "acceptance/test_check_14_smuggling.py::test_check_14_no_second_client_gets_bytes_that_the_first_caused",
    )),
    27: Fault("libraries with known holes", ("web/test_ground.py::test_on_a_library_with_known_holes_nothing_is_served",)),
    28: Fault("more than fits", (
        "web/test_limits.py::test_what_a_client_may_spell_as_it_likes_is_not_kept",
        "web/test_desync.py::test_malformed_framing_is_refused_with_a_fixed_page_and_the_connection_ends",
    )),
    29: Fault("slow heads, bodies and readers", (
        "web/test_limits.py::test_slow_heads_are_closed_within_fifteen_seconds_and_nobody_waits_for_them",
        "web/test_limits.py::test_slow_readers_are_cut_off_within_a_minute_and_cost_little",
        "web/test_desync.py::test_no_answer_waits_for_a_body_that_never_comes",
    )),
    30: Fault("a flood of pipelined requests", (
        "web/test_limits.py::test_ten_thousand_requests_in_a_row_leave_the_memory_flat",
        "web/test_limits.py::test_who_sends_ten_thousand_requests_and_reads_no_answer_costs_little_and_holds_up_nobody",
    )),
    31: Fault("bombs and endless bodies of an origin", (
        "origin/test_faults.py::test_a_bad_answer_is_told_from_a_good_one",
        "origin/test_bad_bodies.py::test_no_bad_body_is_served_or_kept",
    )),
    32: Fault("a hostile answer of an origin", (
        "origin/test_faults.py::test_a_bad_answer_is_told_from_a_good_one",
        "origin/test_exchange.py::test_bytes_beyond_an_answer_are_never_the_next_one",
        "origin/test_downstream.py::test_no_order_to_send_other_bytes_goes_with_a_treated_page",
    )),
    33: Fault("HTML in a notice", (
        "render/test_own.py::test_no_text_that_anybody_wrote_becomes_markup_that_acts",
        "foreign/test_guard.py::test_no_text_of_a_notice_runs_or_breaks_out",
        "acceptance/test_check_16_html_safety.py::test_check_16_no_text_of_anybodys_runs_or_asks_anybody_else",
    )),
    34: Fault("a page that loses or hides its notice", (
        "foreign/test_guard.py::test_no_page_loses_a_notice",
        "origin/test_media_types.py::test_what_browsers_take_for_a_page_has_its_notices",
        "render/test_guard.py::test_the_wrapper_always_carries_each_notice_whatever_the_content_does",
        "acceptance/test_check_16_html_safety.py::test_check_16_the_notice_is_seen_on_every_shape_of_page",
    )),
    35: Fault("what is withheld stands somewhere else", (
        "end_to_end/test_redaction.py::test_nothing_of_what_is_taken_away_is_in_any_answer_that_goes_there",
        "render/test_treated.py::test_nothing_of_what_is_taken_out_is_in_any_byte_of_any_door",
    )),
    36: Fault("templates in texts", (
        "render/test_own.py::test_no_text_that_anybody_wrote_becomes_markup_that_acts",
        "render/test_lists.py::test_any_title_and_summary_make_wellformed_documents_that_say_them",
    )),
    37: Fault("YAML bombs", (
        "test_pyyaml.py::test_a_bomb_is_refused_and_costs_no_more_than_the_largest_good_file",
        "test_pyyaml.py::test_what_nobody_means_is_refused_with_its_place",
    )),
    38: Fault("YAML's types", (
        "test_pyyaml.py::test_every_iso_code_comes_back_unquoted_as_item_key_and_value",
        "policy/test_parse.py::test_norway_is_a_country_wherever_it_stands",
    )),
    39: Fault("what a valid policy may mean", (
        "policy/test_oracle.py::test_every_decision_agrees_with_the_oracle",
        "policy/test_parse.py::test_a_thousandfold_mangled_set_is_refused_or_decides_without_failing",
    )),
    40: Fault("files outside the content directory", (
        "content/test_files.py::test_nothing_is_read_through_a_link_a_pipe_or_a_hidden_name",
        "content/test_files.py::test_a_file_swapped_for_a_link_after_indexing_is_not_followed",
    )),
    41: Fault("an origin that leads elsewhere", (
        "origin/test_address.py::test_no_spelling_of_a_path_leads_elsewhere",
        "origin/test_address.py::test_a_name_may_not_lead_to_a_metadata_service_or_nowhere",
        "origin/test_exchange.py::test_no_redirect_is_followed_and_no_cookie_is_kept",
    )),
    42: Fault("a redirect to anywhere", ("web/test_every_answer.py::test_a_refusal_names_who_refuses_and_a_redirect_goes_where_the_policy_says",)),
    43: Fault("a GeoIP file that lies or is damaged", (
        "geo/test_watch.py::test_a_damaged_file_is_refused_and_the_old_one_stays",
        "geo/test_maxmind.py::test_no_record_however_strange_raises",
    )),
    44: Fault("readers in logs", (
        "end_to_end/test_6_the_address_goes_no_further.py::test_no_sink_holds_address_agent_referrer_or_cookie",
        "telemetry/test_logs.py::test_an_exception_is_told_by_its_frames_and_never_by_its_values",
    )),
    45: Fault("lines put into the log", ("telemetry/test_logs.py::test_every_byte_that_a_client_can_send_makes_one_line_and_valid_json",)),
    46: Fault("other sites that watch a reader", ("web/test_every_answer.py::test_every_kind_of_answer_is_safe_and_says_who_may_keep_it",)),
    47: Fault("traces on the reader's device and elsewhere", (
        "render/test_treated.py::test_a_protected_page_sends_no_referrer",
        "render/test_article.py::test_no_page_asks_another_host_for_anything",
        "acceptance/test_check_16_html_safety.py::test_check_16_the_policy_leaves_nothing_to_run_and_nobody_to_ask",
    )),
    48: Fault("the operators' port", (
        "acceptance/test_check_23_admin_port.py::test_every_route_for_every_caller",
        "web/test_every_answer.py::test_the_public_port_knows_nothing_of_the_admin_port",
        "web/test_guesses.py::test_at_the_socket_the_eleventh_is_told_to_wait",
    )),
    49: Fault("who may do what with Redis", (
        "cache/test_fetch.py::test_the_documented_access_list_allows_all_that_filling_takes",
        "acceptance/test_check_25_least_privilege.py::test_every_promise_under_the_documented_access_list_and_tls",
    )),
    # No zizmor: there are no GitHub workflows to look at, CI is .ci/run.
    50: Fault("what is installed", (
        "supply/test_lock.py::test_a_lock_pins_by_hash_and_names_no_registry_and_no_other_option",
        "supply/test_lock.py::test_every_install_of_make_is_by_hash_or_out_of_this_directory",
        "supply/test_lock.py::test_make_refuses_a_wheel_that_is_not_the_one_that_was_locked",
        "supply/test_bom.py::test_every_locked_package_is_in_it_with_its_version_and_licence",
        "web/test_ground.py::test_where_a_compiled_part_cannot_be_loaded_nothing_is_served",
    )),
}  # fmt: skip
