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

#include "services/gateway/request_context.hpp"

namespace onput::gateway {

inline constexpr std::string_view event_stream_path = "/_onput/events";
inline constexpr std::uint32_t event_streams_max = 100;  // At once; beyond: 503.
inline constexpr Duration event_stream_poll = std::chrono::milliseconds(100);
inline constexpr Duration event_stream_comment = std::chrono::seconds(15);

// Of all connections' threads.
struct OpenStreams {
    std::atomic<std::uint32_t> count = 0;
    std::atomic<bool> are_ending = false;  // The gateway stops: each ends at its next turn.
};

http::Task<void> serve_event_stream(RequestContext& context, OpenStreams& open);

}  // namespace onput::gateway
