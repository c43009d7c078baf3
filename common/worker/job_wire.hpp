// The messages between the worker process, its zygote and a job's child. Internal to job_process.
// The three are one program image, so structs cross as they lie in memory.
//
//     worker -> zygote   [JobRequest][parameters], two descriptors with a start      SEQPACKET
//     zygote -> worker   [JobReport][reason][text]                                   SEQPACKET
//     child  -> zygote   [JobVerdict][reason][text]                                  pipe
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/result.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/job_process.hpp"

namespace onput::worker {

inline constexpr std::size_t job_reason_bytes_max = 64;

enum class JobRequestType : std::uint32_t { start = 1, cancel = 2 };

struct JobRequest {
    JobRequestType type = JobRequestType::start;
    std::uint64_t job_id = 0;
    JobLimits limits{};
};

enum class JobReportType : std::uint32_t { ready = 1, finished = 2 };

struct JobReport {
    JobReportType type = JobReportType::finished;
    std::uint32_t code = 0;  // ErrorCode; 0: success, and the text is the result.
    std::uint64_t job_id = 0;
    JobUsage usage{};
    std::uint64_t reason_bytes = 0;
};

struct JobVerdict {
    std::uint32_t code = 0;
    std::uint32_t reason_bytes = 0;
    std::uint64_t text_bytes = 0;
};

inline constexpr std::size_t job_verdict_bytes_max =
    sizeof(JobVerdict) + job_reason_bytes_max + job_result_bytes_max;
inline constexpr std::size_t job_packet_bytes_max =
    std::max(sizeof(JobRequest), sizeof(JobReport)) + job_reason_bytes_max +
    std::max(job_parameters_bytes_max, job_result_bytes_max);

template <typename T>
std::string_view bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

// Takes a T off the front of `bytes`, or nothing when they are too few.
template <typename T>
std::optional<T> take_front(std::string_view& bytes) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes.size() < sizeof(T)) return {};
    T value;
    bytes.copy(reinterpret_cast<char*>(&value), sizeof(T));
    bytes.remove_prefix(sizeof(T));
    return value;
}

// A result as it crosses: success is code 0; an error keeps code, reason and message, cut to their
// limits.
struct FlatResult {
    std::uint32_t code = 0;
    std::string reason;
    std::string text;
};
FlatResult flatten(Result<std::string> result);
Result<std::string> unflatten(FlatResult flat);

// As a child writes its verdict; nothing when the bytes are not a whole one.
std::string encode_verdict(Result<std::string> result);
std::optional<FlatResult> decode_verdict(std::string_view bytes);

enum class SendState { sent, not_now, peer_gone };

// One packet. Blocks no longer than the socket's send time-out; never with `MSG_DONTWAIT` in flags.
SendState send_packet(int socket, std::string_view bytes, std::span<const int> descriptors,
                      int flags);

struct Packet {
    std::string bytes;
    std::array<FileDescriptor, 2> descriptors;
};
enum class ReceiveState { received, would_block, peer_gone };
ReceiveState receive_packet(int socket, Packet& packet);

}  // namespace onput::worker
