"""How a comparable gateway crashed and leaked, and which tests here hold each of it down."""

import ast
from pathlib import Path

import pytest

HELD_DOWN_BY = {
    "a 17 KiB or malformed frame ended the process": [
        "test_bad_websocket_bytes.test_a_message_over_16_kib_is_1009",
        "test_bad_websocket_bytes.test_reserved_bits_are_1002"],
    "a TCP reset during authentication ended the process": [
        "test_bad_handshake_bytes.test_tcp_resets_during_the_handshake_leave_the_worker_alone"],
    "an upgrade to another path stayed open for ever": [
        "test_handshake.test_an_upgrade_to_another_path_is_404_and_closed",
        "test_handshake.test_an_upgrade_to_another_path_through_nginx_never_stays_open"],
    "SIGTERM hung while a client was connected": [
        "test_drain.test_sigterm_drains_the_worker_within_ten_seconds"],
    "no Origin check with cookies": [
        "test_handshake.test_a_foreign_origin_is_403",
        "test_handshake.test_a_cookie_without_an_origin_is_403",
        "test_credentials.test_a_write_with_a_cookie_needs_the_own_origin"],
    "no limit on send buffers": [
        "test_slow_clients.test_a_client_that_does_not_read_is_closed_with_4002_and_resumes",
        "test_slow_clients.test_a_stuck_client_behind_nginx_is_cut_off_and_memory_stays_bounded"],
    "sockets outlived revoked keys": [
        "test_handshake.test_revoking_a_key_closes_its_connections_within_a_second",
        "test_access.test_nothing_reaches_a_revoked_key_while_it_is_being_revoked"],
    "two subscribes in flight passed the cap": [
        "test_commands.test_subscribes_in_flight_do_not_pass_the_cap"],
    "unsubscribe overtook subscribe": [
        "test_commands.test_unsubscribe_right_behind_subscribe_wins",
        "test_commands.test_commands_in_one_tcp_segment_take_effect_in_order"],
    "a connection dropped from the hub still acknowledged": [
        "test_faults.test_commands_while_the_hub_is_away_are_refused_and_the_connection_stays",
        "test_faults.test_clients_stay_connected_while_the_hub_is_replaced"],
    "`team: x` was acknowledged and never delivered": [
        "test_commands.test_a_malformed_channel_is_channel_invalid"],
    "errors without the channel they were about": [
        "test_commands.test_errors_name_the_channel_that_they_are_about"],
    "events during a reconnect vanished silently": [
        "test_recovery.test_a_resuming_client_gets_what_it_missed_and_goes_on_live",
        "test_cli_listen.test_listen_survives_the_death_of_every_process"],
    "a client at its back-off cap retried without jitter, and for ever on 401": [
        "test_cli_listen.test_listen_with_a_wrong_key_ends_at_once",
        "test_cli_listen.test_listen_ends_when_its_key_is_revoked"],
    "broadcast sent once per subscription, and not at all to clients without one": [
        "test_config.test_an_edit_reaches_every_client_exactly_once_within_a_second"],
    "deltas overtaken by the events after them": [
        "test_session_events.test_a_delta_is_never_overtaken_by_a_later_event"],
}


@pytest.mark.parametrize("fault", HELD_DOWN_BY)
def test_each_known_fault_is_held_down_by_tests_that_exist(fault):
    for name in HELD_DOWN_BY[fault]:
        module, _, test = name.partition(".")
        tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text())
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name
