#include "common/worker/job_wire.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::worker {

FlatResult flatten(Result<std::string> result) {
    if (!result) {
        Error& error = result.error();
        error.reason.resize(std::min(error.reason.size(), job_reason_bytes_max));
        error.message.resize(std::min(error.message.size(), job_error_bytes_max));
        return {.code = static_cast<std::uint32_t>(error.code),
                .reason = std::move(error.reason),
                .text = std::move(error.message)};
    }
    if (result->size() > job_result_bytes_max) {
        return {.code = static_cast<std::uint32_t>(ErrorCode::resource_exhausted),
                .reason = "job_result",
                .text = fmt::format("the job's result has {} bytes; {} are allowed", result->size(),
                                    job_result_bytes_max)};
    }
    return {.code = 0, .text = std::move(*result)};
}

Result<std::string> unflatten(FlatResult flat) {
    if (flat.code == 0) return std::move(flat.text);
    return fail(static_cast<ErrorCode>(flat.code), std::move(flat.text), std::move(flat.reason));
}

std::string encode_verdict(Result<std::string> result) {
    const FlatResult flat = flatten(std::move(result));
    const JobVerdict verdict{.code = flat.code,
                             .reason_bytes = static_cast<std::uint32_t>(flat.reason.size()),
                             .text_bytes = flat.text.size()};
    return std::string(bytes_of(verdict)) + flat.reason + flat.text;
}

std::optional<FlatResult> decode_verdict(std::string_view bytes) {
    const auto verdict = take_front<JobVerdict>(bytes);
    if (!verdict || verdict->reason_bytes > job_reason_bytes_max ||
        verdict->text_bytes > job_result_bytes_max ||
        bytes.size() != verdict->reason_bytes + verdict->text_bytes) {
        return {};
    }
    return FlatResult{.code = verdict->code,
                      .reason = std::string(bytes.substr(0, verdict->reason_bytes)),
                      .text = std::string(bytes.substr(verdict->reason_bytes))};
}

SendState send_packet(int socket, std::string_view bytes, std::span<const int> descriptors,
                      int flags) {
    ONPUT_CHECK(bytes.size() <= job_packet_bytes_max);
    ONPUT_CHECK(descriptors.size() <= 2);
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    while (::sendmsg(socket, &message, flags | MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        const bool gone = errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN;
        return gone ? SendState::peer_gone : SendState::not_now;
    }
    return SendState::sent;
}

ReceiveState receive_packet(int socket, Packet& packet) {
    packet = Packet{};
    packet.bytes.resize(job_packet_bytes_max);
    iovec part{.iov_base = packet.bytes.data(), .iov_len = packet.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t size = 0;
    while ((size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return ReceiveState::would_block;
        return ReceiveState::peer_gone;
    }
    if (size == 0) return ReceiveState::peer_gone;
    packet.bytes.resize(static_cast<std::size_t>(size));
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        std::array<int, 2> numbers{-1, -1};
        const std::size_t bytes = std::min(header->cmsg_len - CMSG_LEN(0), sizeof(numbers));
        std::memcpy(numbers.data(), CMSG_DATA(header), bytes);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            packet.descriptors[i] = FileDescriptor(numbers[i]);
        }
    }
    return ReceiveState::received;
}

}  // namespace onput::worker
