// Bounds of the function worker that are not options.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/schema/invoke.hpp"

namespace onput::function {

// What a handler may answer: Lambda's 6 MB, and some for what it wraps them in.
inline constexpr std::size_t answer_bytes_max = schema::invoke_payload_bytes_max + 100;

// Connections of one environment to the Runtime API, each of which may hold a whole answer, and to
// the AWS endpoint; one more is closed at once.
inline constexpr std::size_t api_connections_max = 8;
inline constexpr std::size_t endpoint_connections_max = 64;
// Read from a connection, or from a log, at a time.
inline constexpr std::size_t read_bytes_max = 64 * 1024;
// What a handler can write to its log before somebody reads it.
inline constexpr std::size_t log_pipe_bytes = 1024 * 1024;
// Of one direction of a relayed connection.
inline constexpr std::size_t relay_bytes_max = 256 * 1024;

// Of the log of one invocation; what comes beyond is left out, and said to be.
inline constexpr std::size_t log_bytes_per_invocation_max = 1024 * 1024;

// As on Lambda.
inline constexpr std::uint32_t open_files_max = 1024;
inline constexpr std::uint32_t processes_max = 1024;

// Of a zip's content, and how many files.
inline constexpr std::uint64_t unzipped_bytes_max = 250ULL * 1024 * 1024;
inline constexpr std::size_t unzipped_files_max = 50'000;
inline constexpr std::uint64_t zip_bytes_max = 250ULL * 1024 * 1024;
// Unpacked codes that are kept; the one that was used longest ago goes.
inline constexpr std::size_t codes_kept_max = 256;

}  // namespace onput::function
