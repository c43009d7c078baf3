// Endpoints as text: "tcp://127.0.0.1:7001", "tcp://127.0.0.1:*" (bind only: any free port),
// "ipc:///run/onput/queue". Nothing else is accepted, since endpoints also come from peers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::transport {

inline constexpr std::size_t endpoint_bytes_max = 256;
inline constexpr std::size_t ipc_path_bytes_max = 107;  // sockaddr_un.

enum class EndpointUse : std::uint8_t { bind, connect };

// invalid_argument when it is not one of the forms above or too long.
Result<void> check_endpoint(std::string_view endpoint, EndpointUse use);

// The path of an ipc endpoint, else empty.
std::string ipc_path(std::string_view endpoint);

// The host of a tcp endpoint when it is a name that must be looked up, not an address; else empty.
std::string named_host(std::string_view endpoint);

// `descriptor` is a connection that was made to this endpoint, as bound. Never fails: of anything
// else it is not true.
bool is_accepted_at(int descriptor, std::string_view endpoint) noexcept;

// Makes a path ready to be bound: creates its folder (for the owner alone), removes the socket file
// of a process that has died. `conflict` "address in use" when a living process listens there or
// when it is not a socket.
Result<void> prepare_ipc_path(const std::string& path);

}  // namespace onput::transport
