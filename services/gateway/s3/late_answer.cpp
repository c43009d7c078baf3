#include "services/gateway/s3/late_answer.hpp"

#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

// How long a client is left without a byte.
constexpr Duration silence_max = std::chrono::seconds(5);
constexpr std::string_view prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view blank = " ";

std::string_view without_prolog(std::string_view document) {
    if (document.starts_with(prolog)) document.remove_prefix(prolog.size());
    return document;
}

}  // namespace

LateAnswer::LateAnswer(S3Request& request)
    : request_(request), spoke_at_(std::chrono::steady_clock::now()) {
    request_.context.kept_alive_by = this;
}

http::Task<Result<void>> LateAnswer::keep_alive() {
    const auto now = std::chrono::steady_clock::now();
    if (now - spoke_at_ < silence_max) co_return Result<void>();
    spoke_at_ = now;
    http::Exchange& exchange = request_.context.exchange;
    if (has_begun_) co_return co_await exchange.write(blank);
    http::ResponseHead head{
        .status = 200, .headers = common_headers(request_.context), .content_length = {}};
    head.headers.emplace_back("Content-Type", "application/xml");
    auto started = exchange.start(std::move(head));
    if (!started) co_return started;
    has_begun_ = true;
    co_return co_await exchange.write(prolog);
}

Outcome LateAnswer::finish(Result<Reply> reply) {
    RequestContext& context = request_.context;
    if (!has_begun_) {
        if (!reply) co_return std::unexpected(std::move(reply).error());
        co_return co_await respond(request_, *std::move(reply));
    }
    std::string document;
    if (reply) {
        document = std::move(reply->body);
    } else {
        const ErrorAnswer answer{
            .error = reply.error(),
            .subject = {.path = request_.head.path,
                        .bucket = request_.address.bucket,
                        .key = request_.address.key},
            .ids = {.request_id = context.request_id, .host_id = context.host_id}};
        auto refused = render_error(answer);
        if (is_failure(refused.head.status)) note_failure(context, reply.error());
        document = std::move(refused.body);
    }
    // The head is out, and whatever fails now is the connection.
    auto sent = co_await context.exchange.write(without_prolog(document));
    if (sent) sent = co_await context.exchange.finish();
    if (!sent) context.exchange.abort();
    co_return Result<void>();
}

}  // namespace onput::gateway::s3
