// Http2Session: a TCP connection that speaks HTTP/2 (RFC 9113, by prior knowledge). Internal to
// http; the one place that knows nghttp2. Each stream of it is served by a Connection of its own,
// for one request, on the same thread (http2_stream.hpp).
//
//     preface ──> serving ──finish: GOAWAY, streams under way end──> ended
//                    └──broken, idle too long, protocol error, abort──┘
//
// Everything happens in turns: what came is given to nghttp2, then the streams that asked are
// looked after, then what nghttp2 has to say is written. So neither nghttp2 nor a handler is ever
// entered from within itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/async/task.hpp"
#include "services/gateway/http/http2_head.hpp"
#include "services/gateway/http/http2_load.hpp"
#include "services/gateway/http/http2_stream.hpp"
#include "services/gateway/http/options.hpp"
#include "services/gateway/http/stream.hpp"

struct nghttp2_session;  // NOLINT(readability-identifier-naming)

namespace onput::http {

class Connection;
struct ConnectionContext;

inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// What of it looks like the head of a request.
inline constexpr std::string_view http2_preface_head = "PRI * HTTP/2.0\r\n\r\n";

inline constexpr std::size_t http2_streams_max = 100;  // Of one connection, at once.
// Until a handler reads the body, and then: so much of it waits in memory at most.
inline constexpr std::size_t http2_narrow_window_bytes = 16 * 1024;
inline constexpr std::size_t http2_wide_window_bytes = 128 * 1024;
// Once the client has acknowledged the settings, and so the narrow windows; until then all its
// streams together have HTTP/2's own 64 KiB.
inline constexpr std::size_t http2_session_window_bytes = 1024 * 1024;
// Resets by the client: so many at once, and so many a second after that (CVE-2023-44487).
inline constexpr std::size_t http2_resets_burst = 200;
inline constexpr std::size_t http2_resets_per_second = 20;
inline constexpr std::size_t http2_continuations_max = 16;  // Frames of one head.
inline constexpr std::size_t http2_settings_max = 32;       // Entries of one frame.
inline constexpr std::size_t http2_unsent_acks_max = 100;   // Of PING and SETTINGS.

class Http2Session final : private StreamEvents,
                           private Http2Turns,
                           public std::enable_shared_from_this<Http2Session> {
public:
    Http2Session(ConnectionContext& context, std::shared_ptr<Stream> stream);
    ~Http2Session() override;

    // Serves until the connection and all its streams have ended. `first` begins with the preface.
    Task<void> serve(std::string first);
    // No new streams; ends once those under way have.
    void finish();
    // Ends at once: what is awaited fails with `shutting_down`.
    void abort();

private:
    struct Callbacks;  // What nghttp2 calls.
    struct Entry {
        std::shared_ptr<Http2Stream> stream;
        std::unique_ptr<Connection> connection;
        Http2Place place;
        Http2Place wide_window{};
        bool begun = false;
    };
    struct IncomingHead {
        std::int32_t stream_id;
        Http2RequestHead head;
        Http2Place place;
    };

    void on_read(std::size_t bytes) override;
    void on_written(std::size_t bytes) override;
    void on_broken() override { end(Stream::Close::orderly); }
    void on_deadline() override;
    void ask_turn(std::shared_ptr<Http2Stream> stream) override;
    void watch(SteadyTime deadline) override;

    bool open();
    void receive(std::string_view bytes);
    void read_on();
    void turn();
    void look_after(Http2Stream& stream);
    void open_window(const Http2Stream& stream, Entry& entry);
    void on_settings_acknowledged();
    void send_head(Http2Stream& stream);
    void fill();
    void write();
    void admit(bool has_body);
    void remove(std::int32_t id);
    void end(Stream::Close how);
    [[nodiscard]] Http2Stream* find(std::int32_t id);
    void rearm();

    ConnectionContext& context_;
    const Options& options_;
    std::shared_ptr<Stream> stream_;
    ByteBudget::Share head_memory_;
    nghttp2_session* session_ = nullptr;
    std::unordered_map<std::int32_t, Entry> entries_;
    std::optional<IncomingHead> incoming_;  // Heads do not interleave.
    std::vector<std::shared_ptr<Http2Stream>> asking_;

    std::array<char, 16 * 1024> input_{};
    std::string output_;
    std::size_t output_begin_ = 0;
    bool writing_ = false;

    bool settings_acknowledged_ = false;
    std::size_t early_bytes_ = 0;  // Of bodies, that came before that.

    bool turn_posted_ = false;
    bool in_turn_ = false;
    bool finishing_ = false;
    bool ended_ = false;
    SteadyTime armed_ = SteadyTime::max();
    std::optional<SteadyTime> idle_deadline_;
    std::optional<SteadyTime> head_deadline_;
    Wakeup wakeup_;
};

}  // namespace onput::http
