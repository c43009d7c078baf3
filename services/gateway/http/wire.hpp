// Wire: the bytes of one connection as a coroutine sees them: a bounded input buffer, gathered
// writes, and waiting. Internal to http. On the connection's thread only; one coroutine at a time.
//
// Failures, the same for every operation, then and ever after:
//   unavailable `client_gone`        the connection is broken, or the client has left it
//   timeout     `client_too_slow`    a deadline or the least rate was missed
//   unavailable `shutting_down`      the server's grace is over
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/async/task.hpp"
#include "services/gateway/http/mailbox.hpp"
#include "services/gateway/http/options.hpp"
#include "services/gateway/http/progress.hpp"
#include "services/gateway/http/stream.hpp"

namespace onput::http {

// Enough for nearly every head; what each connection keeps while it idles.
inline constexpr std::size_t idle_buffer_bytes = 8 * 1024;

class Wire final : private StreamEvents {
public:
    Wire(std::shared_ptr<Stream> stream, const Options& options);
    ~Wire() override;

    // What has arrived and was not consumed. Stays in place until the next read_more or trim.
    [[nodiscard]] std::span<char> input() { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t bytes);

    // Waits until more has arrived. The buffer grows to `capacity` if need be; there must be room
    // within it. After the client's last byte: `client_gone`, but writing is still possible.
    // Missing the deadline is `timeout`; what it means is the caller's to decide.
    Task<Result<void>> read_more(std::size_t capacity, SteadyTime deadline);

    // Done when the kernel has taken all of it. The bytes stay in place until then.
    Task<Result<void>> send(Pieces pieces);

    // Waits until the box (if any) holds an item, or the time is over: `timeout`, reason
    // `no_answer`. Meanwhile it reads ahead as far as the buffer allows, so as to see a client
    // leave.
    Task<Result<void>> wait(MailboxState* box, std::optional<Duration> timeout);

    // A new answer is begun: the client's pace is measured afresh.
    void begin_answer() { write_budget_ = ProgressBudget(limits()); }
    // While a body is still being read, the client's end of sending does not mean that it left.
    void set_body_open(bool open) { body_open_ = open; }
    [[nodiscard]] bool client_left() const { return broken_ || (ended_ && !body_open_); }
    [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }
    // Gives back the memory of a large body; between requests.
    void trim();

    void shut_output();
    void close();           // Everything was said.
    void abort(Error why);  // The client sees a cut; every operation fails with `why`.

    [[nodiscard]] ProgressBudget::Limits limits() const {
        return {.stall = options_.stall_timeout,
                .bytes_per_second_min = options_.bytes_per_second_min};
    }
    [[nodiscard]] std::string peer() const { return stream_->peer(); }
    [[nodiscard]] bool ends_bodies() const { return stream_->ends_bodies(); }
    // For another owner, which goes on in this one's place: nothing is being read or written.
    [[nodiscard]] const std::shared_ptr<Stream>& stream() const { return stream_; }

private:
    void on_read(std::size_t bytes) override;
    void on_written(std::size_t bytes) override;
    void on_broken() override;
    void on_deadline() override;

    void make_room(std::size_t capacity);
    void read_ahead();
    bool write_some(Pieces& pieces);
    bool note_progress();
    Task<void> write_when_possible(Pieces pieces);
    void become_broken(Error why, Stream::Close how);

    const Options& options_;
    std::shared_ptr<Stream> stream_;
    Wakeup wakeup_;

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;  // Where a read in progress writes to.

    bool ended_ = false;  // The client will send no more.
    bool body_open_ = false;
    bool expired_ = false;  // The deadline of the present wait has passed.
    std::optional<Error> broken_;
    std::size_t written_ = 0;  // By the write in progress; 0 until it ends.
    unsigned writes_at_once_ = 0;
    std::uint64_t sent_bytes_ = 0;          // Given to the kernel, in all.
    std::uint64_t acknowledged_bytes_ = 0;  // Of them, with the peer's kernel.
    ProgressBudget write_budget_;
};

Error client_gone();
Error client_too_slow();

}  // namespace onput::http
