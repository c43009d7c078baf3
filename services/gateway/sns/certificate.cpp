#include "services/gateway/sns/certificate.hpp"

#include <algorithm>

namespace onput::gateway::sns {
namespace {

constexpr std::string_view prefix = "/SimpleNotificationService-";
constexpr std::string_view suffix = ".pem";
constexpr std::size_t fingerprint_digits_max = 128;

using Certificate = std::shared_ptr<const schema::SigningCertificate>;

http::Response text(int status, std::string body) {
    return {.head = {.status = status,
                     .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                     .content_length = {}},
            .body = std::move(body)};
}

http::Response show(const schema::SigningCertificate& certificate) {
    return {.head = {.status = 200,
                     .headers = {{"Content-Type", "application/x-pem-file"},
                                 {"Cache-Control", "public, max-age=86400"}},
                     .content_length = {}},
            .body = certificate.pem};
}

http::Task<Result<Certificate>> find_certificate(RequestContext& context, std::string name) {
    Certificate kept = context.shared.certificate.load();
    if (kept && kept->name == name) co_return kept;
    const schema::GetSigningCertificate message;
    auto answer = co_await context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    kept = std::make_shared<const schema::SigningCertificate>(std::move(answer->reply));
    context.shared.certificate.store(kept);
    co_return kept;
}

}  // namespace

bool asks_for_certificate(const http::RequestHead& head) {
    if (head.method != "GET" && head.method != "HEAD") return false;
    std::string_view name = head.path;
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
    if (name.size() <= prefix.size() + suffix.size()) return false;
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    return name.size() <= fingerprint_digits_max && std::ranges::all_of(name, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

http::Task<void> serve_certificate(RequestContext& context) {
    const std::string name(context.head().path.substr(1));
    const auto certificate = co_await find_certificate(context, name);
    http::Response response = text(404, "there is no certificate of this name\n");
    if (!certificate) {
        response = text(503, "the notifier cannot be reached now\n");
        note_failure(context, certificate.error());
    } else if ((*certificate)->name == name) {
        response = show(**certificate);
    }
    // The client may be gone, and there is nobody else to answer.
    static_cast<void>(
        co_await context.exchange.respond(std::move(response.head), std::move(response.body)));
}

}  // namespace onput::gateway::sns
