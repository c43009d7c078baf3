#include "services/gateway/route.hpp"

#include "services/gateway/query/form.hpp"
#include "services/gateway/sns/operation.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway {
namespace {

constexpr std::string_view sns_version = "2010-03-31";
constexpr std::string_view sqs_version = "2012-11-05";

// The service of a SigV4 scope: "key/date/region/service/aws4_request"; empty without one.
std::string_view service_of(std::string_view credential) {
    const auto end = credential.find("/aws4_request");
    if (end == std::string_view::npos) return {};
    const std::string_view scope = credential.substr(0, end);
    const auto slash = scope.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : scope.substr(slash + 1);
}

// What has the Action, implemented or refused by name.
template <typename Found>
bool is_known(const Found& found) {
    return found || found.error().code == ErrorCode::unimplemented;
}

Protocol by_names(std::string_view version, std::string_view action) {
    if (version == sns_version) return Protocol::sns;
    if (version == sqs_version) return Protocol::sqs;
    const bool only_sns =
        is_known(sns::find_operation(action)) && !is_known(sqs::find_operation(action));
    return only_sns ? Protocol::sns : Protocol::sqs;
}

std::string_view value_of(const std::vector<http::QueryParameter>& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? std::string_view(found->value) : std::string_view();
}

}  // namespace

Protocol protocol_of(const http::RequestHead& head,
                     const std::vector<http::QueryParameter>& query) {
    if (head.header("x-amz-target").value_or("").starts_with(sqs::target_prefix))
        return Protocol::sqs;
    std::string_view service = service_of(head.header("authorization").value_or(""));
    if (service.empty()) service = service_of(value_of(query, "X-Amz-Credential"));
    if (service == "sqs") return Protocol::sqs;
    if (service == "sns") return Protocol::sns;
    // Whoever signs for S3 means S3, whatever its parameters are called.
    if (service == "s3") return Protocol::s3;
    const std::string_view action = value_of(query, "Action");
    if (!action.empty()) return by_names(value_of(query, "Version"), action);
    if (http::find_parameter(query, "Action") != nullptr) return Protocol::sqs;
    return head.method == "POST" && query::is_form(head) ? Protocol::form : Protocol::s3;
}

Protocol protocol_of_form(std::string_view form) {
    const auto fields = query::read_fields(form);
    if (!fields) return Protocol::sqs;
    const auto* version = fields->find("Version");
    const auto* action = fields->find("Action");
    return by_names(version != nullptr ? version->text : "", action != nullptr ? action->text : "");
}

}  // namespace onput::gateway
