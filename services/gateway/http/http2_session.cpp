#include "services/gateway/http/http2_session.hpp"

#include <algorithm>
#include <nghttp2/nghttp2.h>
#include <utility>

#include "common/base/log.hpp"
#include "services/gateway/http/connection.hpp"

namespace onput::http {
namespace {

// What is gathered before it is written.
constexpr std::size_t output_bytes_max = 64 * 1024;
// A session that never has to wait lets the other connections have a turn after so many of its own.
constexpr unsigned rounds_at_once_max = 16;

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

std::uint8_t* bytes_of(const std::string& text) {
    // nghttp2 copies what it is given.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

nghttp2_nv field(const std::string& name, const std::string& value) {
    return {.name = bytes_of(name),
            .value = bytes_of(value),
            .namelen = name.size(),
            .valuelen = value.size(),
            .flags = NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

bool begins_request(const nghttp2_frame& frame) {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

bool ends_stream(const nghttp2_frame& frame) {
    const bool may = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    return may && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

struct Http2Session::Callbacks {
    static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (!begins_request(*frame)) return 0;
        Http2Session& session = self(user);
        // Streams that were reset count until their handlers have returned.
        Http2Place place(session.context_.http2_load.streams, http2_server_streams_max);
        if (session.finishing_ || !place || session.entries_.size() >= http2_streams_max) {
            nghttp2_submit_rst_stream(session.session_, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                      NGHTTP2_REFUSED_STREAM);
            return 0;
        }
        session.incoming_.emplace(frame->hd.stream_id,
                                  Http2RequestHead(session.options_.header_bytes_max),
                                  std::move(place));
        session.head_deadline_ = now() + session.options_.head_timeout;
        session.watch(*session.head_deadline_);
        return 0;
    }

    // NOLINTNEXTLINE(readability-function-size): nghttp2 decides on the parameters.
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user) {
        Http2Session& session = self(user);
        auto& incoming = session.incoming_;
        // Trailers are checked by nghttp2 and dropped.
        if (!begins_request(*frame) || !incoming || incoming->stream_id != frame->hd.stream_id) {
            return 0;
        }
        const bool allowed = incoming->head.add(view(name, name_size), view(value, value_size));
        const std::size_t bytes = incoming->head.bytes();
        if (allowed && (bytes <= idle_buffer_bytes || session.head_memory_.grow_to(bytes))) {
            return 0;
        }
        nghttp2_submit_rst_stream(session.session_, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  allowed ? NGHTTP2_REFUSED_STREAM : NGHTTP2_PROTOCOL_ERROR);
        incoming.reset();
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        Http2Session& session = self(user);
        if (begins_request(*frame)) {
            if (session.incoming_) session.admit(!ends_stream(*frame));
            session.incoming_.reset();
            session.head_memory_.release();
            session.head_deadline_.reset();
            return 0;
        }
        if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
            session.on_settings_acknowledged();
        Http2Stream* stream = session.find(frame->hd.stream_id);
        if (stream && ends_stream(*frame)) stream->end_request();
        return 0;
    }

    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                       std::size_t size, void* user) {
        Http2Session& session = self(user);
        // A stream whose handler does not read must not hold up the others.
        if (session.settings_acknowledged_)
            nghttp2_session_consume_connection(session.session_, size);
        else
            session.early_bytes_ += size;
        Http2Stream* stream = session.find(id);
        if (stream && !stream->arrive(view(bytes, size))) {
            nghttp2_submit_rst_stream(session.session_, NGHTTP2_FLAG_NONE, id,
                                      NGHTTP2_ENHANCE_YOUR_CALM);
        }
        return 0;
    }

    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        Http2Session& session = self(user);
        if (session.incoming_ && session.incoming_->stream_id == id) session.incoming_.reset();
        if (Http2Stream* stream = session.find(id)) stream->break_off();
        return 0;
    }

    // After the whole answer, the rest of a body that nobody reads is waived (RFC 9113, 8.1).
    static int on_sent(nghttp2_session* raw, const nghttp2_frame* frame, void*) {
        const std::int32_t id = frame->hd.stream_id;
        if (ends_stream(*frame) && nghttp2_session_get_stream_remote_close(raw, id) == 0) {
            nghttp2_submit_rst_stream(raw, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
        }
        return 0;
    }

    // NOLINTNEXTLINE(readability-function-size): as above.
    static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* into,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                             void* user) {
        Http2Stream* stream = self(user).find(id);
        const std::size_t taken =
            stream ? stream->take_output({reinterpret_cast<char*>(into), size}) : 0;
        const bool ended = !stream || (stream->output_ended() && !stream->has_output());
        if (ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!ended && taken == 0) return NGHTTP2_ERR_DEFERRED;
        return static_cast<ssize_t>(taken);
    }
};

Http2Session::Http2Session(ConnectionContext& context, std::shared_ptr<Stream> stream)
    : context_(context),
      options_(context.options),
      stream_(std::move(stream)),
      head_memory_(context.head_memory) {
    stream_->set_owner(*this);
}

Http2Session::~Http2Session() {
    nghttp2_session_del(session_);
}

bool Http2Session::open() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
    if (nghttp2_option_new(&option) != 0) {
        nghttp2_session_callbacks_del(callbacks);
        return false;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::on_sent);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, http2_unsent_acks_max);
    nghttp2_option_set_max_settings(option, http2_settings_max);
    nghttp2_option_set_max_continuations(option, http2_continuations_max);
    nghttp2_option_set_stream_reset_rate_limit(option, http2_resets_burst, http2_resets_per_second);
    const int made = nghttp2_session_server_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) return false;

    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, http2_streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2_narrow_window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
         static_cast<std::uint32_t>(options_.header_bytes_max)},
    }};
    return nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
           0;
}

void Http2Session::on_settings_acknowledged() {
    if (std::exchange(settings_acknowledged_, true)) return;
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                          http2_session_window_bytes);
    nghttp2_session_consume_connection(session_, std::exchange(early_bytes_, 0));
}

Task<void> Http2Session::serve(std::string first) {
    if (open()) {
        idle_deadline_ = now() + options_.idle_timeout;
        rearm();
        if (finishing_) finish();
        receive(first);
        if (!ended_) read_on();
    } else {
        log::error("no memory for an HTTP/2 session");
        end(Stream::Close::reset);
    }
    while (!ended_ || !entries_.empty()) co_await wakeup_;
}

void Http2Session::finish() {
    finishing_ = true;
    if (ended_ || !session_) return;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    ask_turn(nullptr);
}

void Http2Session::abort() {
    for (const auto& [id, entry] : entries_) entry.connection->abort();
    end(Stream::Close::reset);
}

void Http2Session::read_on() {
    stream_->start_read(input_);
}

void Http2Session::on_read(std::size_t bytes) {
    if (bytes == 0) return end(Stream::Close::orderly);
    receive({input_.data(), bytes});
    if (!ended_) read_on();
}

void Http2Session::receive(std::string_view bytes) {
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken >= 0) return turn();
    // Not HTTP/2, or a flood: nghttp2 has no answer to it.
    nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
    turn();
    end(Stream::Close::orderly);
}

void Http2Session::on_written(std::size_t bytes) {
    writing_ = false;
    output_begin_ += bytes;
    turn();
}

void Http2Session::ask_turn(std::shared_ptr<Http2Stream> stream) {
    if (stream && !std::exchange(stream->turn_asked, true)) asking_.push_back(std::move(stream));
    if (in_turn_ || std::exchange(turn_posted_, true)) return;
    context_.loop->post([self = shared_from_this()] {
        self->turn_posted_ = false;
        self->turn();
    });
}

void Http2Session::turn() {
    in_turn_ = true;
    bool more = true;
    for (unsigned round = 0; more && round < rounds_at_once_max; ++round) {
        for (const auto& stream : std::exchange(asking_, {})) {
            stream->turn_asked = false;
            look_after(*stream);
        }
        if (!ended_) fill();
        // A socket that takes no more leaves those who write waiting.
        if (!ended_) write();
        more = !asking_.empty() || (!ended_ && !writing_ && output_.size() >= output_bytes_max);
    }
    in_turn_ = false;
    if (more) return ask_turn(nullptr);
    if (ended_ || writing_) return;
    const bool done = finishing_ && entries_.empty();
    const bool over = !nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_);
    if (done || over) end(Stream::Close::orderly);
}

// What this stream asks of nghttp2, then what it has to tell its Connection.
void Http2Session::look_after(Http2Stream& stream) {
    const std::int32_t id = stream.id();
    const auto found = entries_.find(id);
    if (found != entries_.end() && !std::exchange(found->second.begun, true)) {
        auto ended = [self = shared_from_this(), id] {
            self->context_.loop->post([self, id] { self->remove(id); });
        };
        found->second.connection->run(std::move(ended));
    }
    stream.deliver();
    if (ended_) return;
    if (stream.state() == Http2Stream::State::cut) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
        return;
    }
    if (found != entries_.end()) open_window(stream, found->second);
    if (const std::size_t consumed = stream.take_consumed(); consumed > 0) {
        nghttp2_session_consume_stream(session_, id, consumed);
    }
    send_head(stream);
    if (stream.has_output() || stream.output_ended()) nghttp2_session_resume_data(session_, id);
}

// For a body that its handler reads: only it knows that the client may send one.
void Http2Session::open_window(const Http2Stream& stream, Entry& entry) {
    if (!stream.body_is_read() || entry.wide_window) return;
    entry.wide_window = Http2Place(context_.http2_load.wide_windows, http2_wide_windows_max);
    if (!entry.wide_window) return;
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, stream.id(),
                                          http2_wide_window_bytes);
}

void Http2Session::send_head(Http2Stream& stream) {
    const auto head = stream.take_head();
    if (!head) return;
    const std::string name = ":status";
    const std::string status = std::to_string(head->status);
    std::vector<nghttp2_nv> fields{field(name, status)};
    for (const auto& [key, value] : head->fields) fields.push_back(field(key, value));
    if (head->status < 200) {
        nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id(), nullptr, fields.data(),
                               fields.size(), nullptr);
        return;
    }
    nghttp2_data_provider body{.source = {}, .read_callback = Callbacks::read_body};
    const bool has_body = stream.has_output() || !stream.output_ended();
    nghttp2_submit_response(session_, stream.id(), fields.data(), fields.size(),
                            has_body ? &body : nullptr);
}

void Http2Session::fill() {
    if (writing_) return;
    output_.erase(0, std::exchange(output_begin_, 0));
    while (output_.size() < output_bytes_max) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
        if (size < 0) return end(Stream::Close::reset);
        if (size == 0) return;
        output_.append(view(bytes, static_cast<std::size_t>(size)));
    }
}

void Http2Session::write() {
    if (writing_ || output_begin_ == output_.size()) return;
    const std::string_view all = output_;
    const Pieces pieces{all.substr(output_begin_)};
    const auto written = stream_->write_now(pieces);
    if (!written) return end(Stream::Close::orderly);
    output_begin_ += *written;
    if (output_begin_ == output_.size()) return;
    writing_ = true;
    const Pieces rest{all.substr(output_begin_)};
    stream_->start_write(rest);
}

void Http2Session::admit(bool has_body) {
    const std::int32_t id = incoming_->stream_id;
    const Http2RequestHead& head = incoming_->head;
    auto stream = std::make_shared<Http2Stream>(
        static_cast<Http2Turns&>(*this), context_.http2_load.unread, id, stream_->peer(),
        head.render(has_body), has_body && !head.has_length());
    auto connection = std::make_unique<Connection>(context_, stream);
    entries_.emplace(id, Entry{.stream = stream,
                               .connection = std::move(connection),
                               .place = std::move(incoming_->place)});
    idle_deadline_.reset();
    ask_turn(std::move(stream));
}

void Http2Session::remove(std::int32_t id) {
    entries_.erase(id);
    if (entries_.empty()) {
        if (output_begin_ == output_.size()) {
            output_ = std::string();
            output_begin_ = 0;
        }
        idle_deadline_ = now() + options_.idle_timeout;
        if (!ended_) watch(*idle_deadline_);
        if (ended_)
            wakeup_.signal();
        else if (finishing_)
            ask_turn(nullptr);
    }
}

void Http2Session::end(Stream::Close how) {
    if (std::exchange(ended_, true)) return;
    stream_->close(how);
    for (const auto& [id, entry] : entries_) entry.stream->break_off();
    ask_turn(nullptr);
    wakeup_.signal();
}

Http2Stream* Http2Session::find(std::int32_t id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : found->second.stream.get();
}

void Http2Session::watch(SteadyTime deadline) {
    if (ended_ || deadline >= armed_) return;
    armed_ = deadline;
    stream_->set_deadline(deadline);
}

void Http2Session::rearm() {
    armed_ = SteadyTime::max();
    if (idle_deadline_) watch(*idle_deadline_);
    if (head_deadline_) watch(*head_deadline_);
    for (const auto& [id, entry] : entries_) {
        if (entry.stream->deadline()) watch(*entry.stream->deadline());
    }
}

void Http2Session::on_deadline() {
    const SteadyTime moment = now();
    for (const auto& [id, entry] : entries_) {
        const auto& deadline = entry.stream->deadline();
        if (deadline && *deadline <= moment) entry.stream->meet_deadline();
    }
    const bool idle = idle_deadline_ && *idle_deadline_ <= moment;
    const bool late = head_deadline_ && *head_deadline_ <= moment;
    if (idle || late) {
        nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
        turn();
        return end(Stream::Close::orderly);
    }
    rearm();
}

}  // namespace onput::http
