// BodyReader: the body of the present request, taken off the wire as the handler asks for it.
// Internal to http. Nothing is read from the socket that nobody asked for, so a slow handler
// slows its client and memory stays at one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/async/task.hpp"
#include "services/gateway/http/chunked.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/options.hpp"
#include "services/gateway/http/progress.hpp"
#include "services/gateway/http/wire.hpp"

namespace onput::http {

class BodyReader {
public:
    BodyReader(Wire& wire, const Options& options);

    void begin(const RequestHead& head);

    // At least one byte and at most `bytes_max`, in place until the next call; empty at the end.
    // The first call tells a client that waits with `Expect: 100-continue` to go on.
    // Fails as the wire does, and with invalid_argument, reason `malformed_body` or, when the
    // client ended before the body did, `incomplete_body`; then the same ever after.
    Task<Result<std::string_view>> read(std::size_t bytes_max);

    // Exactly `bytes`, less only at the end of the body.
    Task<Result<std::string>> read_piece(std::size_t bytes);

    // The whole body; over `bytes_max` it is resource_exhausted, reason `body_too_large`.
    Task<Result<std::string>> read_whole(std::size_t bytes_max);

    // Reads and drops what the handler left, up to the limit; whether the end was reached.
    Task<bool> drain();

    // Gives up the last view. Before the next head is looked at.
    void release();

    // By the client's fault; see read.
    [[nodiscard]] bool failed() const { return failed_.has_value(); }
    [[nodiscard]] bool complete() const { return !failed_ && at_end() && held_ == 0; }
    // Whether what is left is little enough to be drained once the answer is sent.
    [[nodiscard]] bool worth_draining() const;

private:
    [[nodiscard]] bool at_end() const { return chunked_ ? decoder_.ended() : left_ == 0; }
    Result<std::size_t> take(std::size_t bytes_max);
    Task<Result<void>> arrive(std::size_t bytes_wanted);
    Task<Result<void>> say_continue();

    const Options& options_;
    Wire& wire_;
    bool chunked_ = false;
    bool awaits_continue_ = false;
    std::uint64_t left_ = 0;  // Of a body with a length: bytes not yet yielded.
    ChunkedDecoder decoder_;
    std::size_t held_ = 0;  // Input bytes under the view that was yielded last.
    std::optional<Error> failed_;
    ProgressBudget budget_;
};

}  // namespace onput::http
