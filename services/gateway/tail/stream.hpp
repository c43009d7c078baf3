// /_onput/events: the journal as server-sent events, as `onput tail` shows it. GET, signed for any
// service, by header or presigned, or with a key's bearer token (common/auth/events_token.hpp). An
// account sees its own events; a user or a session none.
//
//     id: <epoch>/<sequence>              Last-Event-ID goes on behind it
//     data: {"sequence":...}              one message, without an event name
//
//     event: truncated                    data: {"from":1,"to":40}: no longer kept
//     event: journal                      data: {"epoch":"..."}: another journal, from its oldest
//
// A stream that has nothing to send sends its position every 15 seconds, and a page of the journal
// at a time is in memory. A client that does not read is cut off as any other. Services that are
// away are waited for.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "services/gateway/request_context.hpp"

namespace onput::gateway {

inline constexpr std::string_view event_stream_path = "/_onput/events";
// At once, of one account and of all; beyond: 503.
inline constexpr std::uint32_t event_streams_max = 100;
inline constexpr std::uint32_t event_streams_of_all_max = 1000;
inline constexpr Duration event_stream_poll = std::chrono::milliseconds(100);
inline constexpr Duration event_stream_comment = std::chrono::seconds(15);

// Of all connections' threads.
class OpenStreams {
public:
    // Of an account. Fails with resource_exhausted at event_streams_max and at
    // event_streams_of_all_max; otherwise `close` follows.
    Result<void> open(const std::string& account);
    void close(const std::string& account);

    std::atomic<bool> are_ending = false;  // The gateway stops: each ends at its next turn.

private:
    std::mutex mutex_;  // Of the two below.
    std::map<std::string, std::uint32_t> by_account_;
    std::uint32_t count_ = 0;
};

http::Task<void> serve_event_stream(RequestContext& context, OpenStreams& open);

}  // namespace onput::gateway
