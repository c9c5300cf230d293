"""The tests' own guard: what reaches beyond this machine is refused, and noticed."""

import socket

import pytest

from tests.conftest import reached_out


@pytest.mark.parametrize("address", [("203.0.113.1", 80), ("example.invalid", 443)])
def test_other_machines_are_refused(address: tuple[str, int]) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)
    assert reached_out == [address[0]]
    reached_out.clear()


def test_this_machine_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()[:2]):
        pass
    assert reached_out == []
