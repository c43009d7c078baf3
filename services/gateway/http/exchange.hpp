// Exchange: one request and its answer, as a handler sees them. The handler is a coroutine:
//
//     http::Task<void> Sink::handle(http::Exchange& exchange) {
//         std::uint64_t bytes = 0;
//         while (true) {
//             const auto piece = co_await exchange.read_body(256 * 1024);
//             if (!piece) co_return;                 // The client left, stalled or sent nonsense.
//             if (piece->empty()) break;
//             bytes += piece->size();
//         }
//         http::ResponseHead head{.status = 200};
//         const auto sent = co_await exchange.respond(std::move(head), std::to_string(bytes));
//     }
//
// All of it runs on the connection's thread, one step at a time; a handler needs no lock for its
// locals. Waiting for another thread is done with a mailbox (mailbox.hpp), never by blocking.
//
// A handler awaits nothing but the operations below, and each of them ends: with what was asked,
// or with an Error when the client leaves, a time-out passes or the server stops:
//
//     unavailable       client_gone      broken connection, or the client has closed its side
//     timeout           client_too_slow  stalled longer, or slower, than Options allow
//     unavailable       shutting_down    the server's grace is over
//     invalid_argument  malformed_body   chunks that are none           (read operations)
//     invalid_argument  incomplete_body  the client ended too early     (read operations)
//     internal          wrong_state      the handler's own mistake      (answer operations)
//
// A handler that sees an Error cleans up and returns; it must not loop on, because the next
// operation fails at once too. Only after a read operation's malformed_body, incomplete_body and
// client_too_slow can it still answer.
//
// Returning without an answer sends 500, or 400 when the body had failed; returning in the middle
// of one cuts the connection off, so that no client takes a part for the whole. A body that was
// not read is drained when it is small, and otherwise costs the connection.
//
// Make heads, and lambdas that capture, in a statement of their own: inside a co_await expression
// GCC 12 gets the lambda wrong and does not compile lists in braces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/async/co_try.hpp"
#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/gateway/http/mailbox.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::http {

using onput::Task;  // As handlers write it: http::Task.

struct ExchangeParts;

class Exchange {
public:
    explicit Exchange(ExchangeParts& parts) : parts_(parts) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    [[nodiscard]] const RequestHead& request() const;

    // At least one byte of the body and at most `bytes_max`; empty at its end. The view holds
    // until the next operation on the body. The socket is read only from here: who does not ask
    // slows the client down. A client waiting with `Expect: 100-continue` is told to go on.
    Task<Result<std::string_view>> read_body(std::size_t bytes_max);
    // Exactly so many bytes, fewer only at the end of the body, to keep or to send on.
    Task<Result<std::string>> read_piece(std::size_t bytes);
    // The whole body; more than `bytes_max` is resource_exhausted, reason `body_too_large`.
    Task<Result<std::string>> read_whole_body(std::size_t bytes_max);

    // The whole answer in one write. To HEAD the body is not sent; its length, or
    // head.content_length when set, is stated.
    Task<Result<void>> respond(ResponseHead head, std::string body = {});

    // An answer piece by piece: start, then writes, then finish. Without a content length it goes
    // out in chunks. The head leaves with the first write (an empty one sends it alone) or finish.
    Result<void> start(ResponseHead head);
    // Done when the kernel has taken the bytes, which the caller keeps in place until then; so one
    // buffer at a time is in memory. To HEAD nothing is sent and all is well.
    Task<Result<void>> write(std::string_view bytes);
    Task<Result<void>> finish();

    // Of the answer whose head has left; 0 before, and when it could not be sent.
    [[nodiscard]] int sent_status() const;
    // Of the body of the answer, framing excepted, as far as it has left.
    [[nodiscard]] std::uint64_t sent_body_bytes() const;

    // Cuts the connection off: the client sees that the answer is not whole.
    void abort();

    // Where another thread puts what this exchange waits for.
    template <typename T>
    Mailbox<T> make_mailbox() {
        return Mailbox<T>(executor());
    }
    // The next item; as Errors, the item's own or those above; without one in time it is
    // `timeout`, reason `no_answer`, and receiving may go on later.
    template <typename T>
    Task<Result<T>> receive(Mailbox<T> mailbox, std::optional<Duration> timeout = std::nullopt) {
        ONPUT_CO_TRY_VOID(co_await wait(&mailbox.state(), timeout));
        co_return *mailbox.take();
    }
    // Fails early when the client leaves.
    Task<Result<void>> sleep(Duration duration);

    // To run a job on this connection's thread; outlives the exchange.
    [[nodiscard]] std::shared_ptr<Executor> executor() const;

private:
    Task<Result<void>> wait(MailboxState* box, std::optional<Duration> timeout);

    ExchangeParts& parts_;
};

}  // namespace onput::http
