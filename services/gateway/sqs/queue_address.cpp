#include "services/gateway/sqs/queue_address.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace onput::gateway::sqs {
namespace {

constexpr std::size_t account_digits = 12;

bool is_account(std::string_view text) {
    return text.size() == account_digits &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Proxies append to a list: the first entry is the client's.
std::string_view first_of(std::string_view list) {
    list = list.substr(0, list.find(','));
    while (list.ends_with(' ')) list.remove_suffix(1);
    return list;
}

}  // namespace

Result<QueueName> parse_queue_url(std::string_view url) {
    const auto slash = url.rfind('/');
    if (slash == std::string_view::npos) return QueueName{.account = {}, .name = std::string(url)};
    const std::string_view name = url.substr(slash + 1);
    const std::string_view before = url.substr(0, slash);
    // Without a slash in front, the account is all there is: "000000000000/name".
    const std::string_view account = before.substr(before.rfind('/') + 1);
    if (name.empty() || !is_account(account)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("The address {} is not valid for this endpoint.", url),
                    "QueueDoesNotExist");
    }
    return QueueName{.account = std::string(account), .name = std::string(name)};
}

std::string_view queue_path(std::string_view path) {
    const bool has_account = path.size() > account_digits + 2 && path.front() == '/' &&
                             path[account_digits + 1] == '/' &&
                             is_account(path.substr(1, account_digits));
    return has_account ? path : std::string_view();
}

std::string queue_url(const http::RequestHead& head, const QueueName& queue) {
    const bool is_https = first_of(head.header("x-forwarded-proto").value_or("")) == "https";
    const auto host = first_of(head.header("x-forwarded-host").value_or(head.host));
    return fmt::format("{}://{}/{}/{}", is_https ? "https" : "http", host, queue.account,
                       queue.name);
}

}  // namespace onput::gateway::sqs
