// Instance: how to reach a running Onput. `onput dev` writes it to <data>/instance.toml, the
// container image ships one for its composition; every other command reads it from there.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"
#include "common/schema/wire.hpp"

namespace onput::ctl {

inline constexpr std::uint16_t default_port = 4566;

struct Instance {
    std::string url;  // "http://127.0.0.1:4566"
    std::string storage_endpoint;
    std::string notifier_endpoint;
    std::string queue_endpoint;
    std::string bus_endpoint;
    std::string lane_endpoint;
    std::string socket_directory;  // Where a worker of this machine may bind its lane.
    std::string access_key = "test";
    std::string secret = "test";
    std::string region = "us-east-1";
    std::string account = "000000000000";

    [[nodiscard]] schema::Principal principal() const {
        return {.account = account, .id = "onput"};
    }
    // Others run its processes, as in containers: no more of it is here than its address.
    [[nodiscard]] bool is_elsewhere() const { return socket_directory.empty(); }
};

// Data directory of a command: the flag, else $ONPUT_DATA, else ./onput-data.
std::string data_directory(const std::string& flag);

// An instance keeps its identity from its first start on.
Result<void> write_instance(const std::string& data, const Instance& instance);

// not_found, with the command that starts one, when there is none; permission_denied when it is
// another user's; conflict when it is a copy. `keys_file` in it names a file with
// "key:secret:account", in place of access_key, secret and account.
Result<Instance> read_instance(const std::string& data);

// Names whose it is, and what to do.
std::unexpected<Error> belongs_to_another(const std::string& data);

// conflict when the folder was copied from an instance that is still at its place: what is in the
// copy leads to the other's sockets and owes the same mails and jobs. One that was moved is none.
Result<void> check_is_no_copy(const std::string& data);

// Sockets of an instance live in <data>/run, or, where that path is too long for a socket's name,
// in a directory of their own below $XDG_RUNTIME_DIR or /tmp that only this user can enter.
Result<std::string> make_socket_directory(const std::string& data);

// This port of 127.0.0.1, or any for 0, when it is free now; `conflict` when another program has
// it.
Result<std::uint16_t> free_port(std::uint16_t wanted);

}  // namespace onput::ctl
