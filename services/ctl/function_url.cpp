#include "services/ctl/function_url.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "common/schema/function_access.hpp"
#include "common/schema/function_url.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/pipeline_topics.hpp"

namespace onput::ctl {
namespace {

// As AWS's console calls it.
constexpr std::string_view statement_id = "FunctionURLAllowPublicAccess";

// Asked of the gateway, which alone knows its base domain.
Result<json::Value> fetch(const std::string& function, const Instance& instance) {
    HttpClient client(instance, "lambda");
    ONPUT_TRY(const auto answer,
              client.send({.path = fmt::format("/2021-10-31/functions/{}/urls", function)}));
    const auto read = json::read(answer.body);
    const auto* urls = read ? read->find("FunctionUrlConfigs") : nullptr;
    if (answer.status == 200 && urls != nullptr && urls->array() != nullptr) return *urls;
    return fail(ErrorCode::unavailable,
                fmt::format("{} answered {} instead of the function's URLs: {}", instance.url,
                            answer.status, answer.body.substr(0, 256)));
}

Result<void> admit_everybody(const FunctionUrlWish& wish, const Instance& instance, Peers& peers) {
    const std::string statement = fmt::format(
        R"({{"Sid":"{}","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl",)"
        R"("Resource":"{}","Condition":{{"StringEquals":{{"lambda:FunctionUrlAuthType":"NONE"}}}}}})",
        statement_id, function_arn(instance, wish.function));
    const schema::AddFunctionPermission request{
        .name = wish.function, .statement_id = std::string(statement_id), .statement = statement};
    const auto added = peers.ask(peers.queue(), request);
    if (added || added.error().reason == "ResourceConflict") return {};
    return std::unexpected(added.error());
}

Result<void> admit_nobody(const FunctionUrlWish& wish, Peers& peers) {
    const schema::RemoveFunctionPermission request{.name = wish.function,
                                                   .statement_id = std::string(statement_id)};
    const auto removed = peers.ask(peers.queue(), request);
    if (removed || removed.error().code == ErrorCode::not_found) return {};
    return std::unexpected(removed.error());
}

// That of $LATEST; null: there is none.
const schema::FunctionUrl* own_of(const schema::FunctionUrlList& list) {
    const auto found = std::ranges::find(list.urls, "", &schema::FunctionUrl::qualifier);
    return found != list.urls.end() ? &*found : nullptr;
}

}  // namespace

Result<PipelineChange> apply_function_url(const FunctionUrlWish& wish, const Instance& instance,
                                          Peers& peers) {
    ONPUT_TRY(const auto list,
              peers.ask(peers.queue(), schema::ListFunctionUrls{.function = wish.function}));
    const auto* before = own_of(list);
    const bool is_open = wish.auth_type == schema::function_url_open;
    if (!is_open) ONPUT_TRY_VOID(admit_nobody(wish, peers));
    std::string what = "unchanged";
    if (before == nullptr || before->auth_type != wish.auth_type) {
        what = before == nullptr ? "created" : "updated";
        schema::PutFunctionUrl request;
        if (before != nullptr) request.url = *before;
        request.url.function = wish.function;
        request.url.auth_type = wish.auth_type;
        const auto put = peers.ask(peers.queue(), request);
        if (!put) return std::unexpected(put.error());
    }
    if (is_open) ONPUT_TRY_VOID(admit_everybody(wish, instance, peers));
    ONPUT_TRY(const auto urls, fetch(wish.function, instance));
    // Those of aliases have a qualified ARN.
    const std::string arn = function_arn(instance, wish.function);
    for (const auto& url : *urls.array()) {
        if (url.text_of("FunctionArn") == arn)
            return PipelineChange{"url", url.text_of("FunctionUrl"), what};
    }
    return fail(ErrorCode::not_found, "the URL of " + wish.function + " was taken away meanwhile");
}

Result<std::string> describe_function_urls(const std::string& function, const Instance& instance,
                                           Peers& peers) {
    ONPUT_TRY(const auto list,
              peers.ask(peers.queue(), schema::ListFunctionUrls{.function = function}));
    if (list.urls.empty()) return std::string();
    ONPUT_TRY(const auto urls, fetch(function, instance));
    return json::write(urls);
}

}  // namespace onput::ctl
