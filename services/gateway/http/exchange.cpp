#include "services/gateway/http/exchange.hpp"

#include "services/gateway/http/connection.hpp"

namespace onput::http {

const RequestHead& Exchange::request() const {
    return parts_.request;
}

Task<Result<std::string_view>> Exchange::read_body(std::size_t bytes_max) {
    return parts_.body.read(bytes_max);
}

Task<Result<std::string>> Exchange::read_piece(std::size_t bytes) {
    return parts_.body.read_piece(bytes);
}

Task<Result<std::string>> Exchange::read_whole_body(std::size_t bytes_max) {
    return parts_.body.read_whole(bytes_max);
}

Task<Result<void>> Exchange::respond(ResponseHead head, std::string body) {
    return parts_.writer.respond(std::move(head), std::move(body));
}

Result<void> Exchange::start(ResponseHead head) {
    return parts_.writer.start(std::move(head));
}

Task<Result<void>> Exchange::write(std::string_view bytes) {
    return parts_.writer.write(bytes);
}

Task<Result<void>> Exchange::finish() {
    return parts_.writer.finish();
}

int Exchange::sent_status() const {
    return parts_.writer.sent_status();
}

std::uint64_t Exchange::sent_body_bytes() const {
    return parts_.writer.sent_body_bytes();
}

void Exchange::abort() {
    parts_.wire.abort(client_gone());
}

Task<Result<void>> Exchange::sleep(Duration duration) {
    const auto waited = co_await wait(nullptr, duration);
    if (!waited && waited.error().reason != "no_answer") co_return waited;
    co_return Result<void>();
}

std::shared_ptr<Executor> Exchange::executor() const {
    return parts_.executor;
}

Task<Result<void>> Exchange::wait(MailboxState* box, std::optional<Duration> timeout) {
    return parts_.wire.wait(box, timeout);
}

}  // namespace onput::http
