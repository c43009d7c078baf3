#include "services/gateway/route.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/form.hpp"
#include "services/gateway/services.hpp"

namespace onput::gateway {
namespace {

using aws::Protocol;

// The service of a SigV4 scope: "key/date/region/service/aws4_request"; empty without one.
std::string_view service_of(std::string_view credential) {
    const auto end = credential.find("/aws4_request");
    if (end == std::string_view::npos) return {};
    const std::string_view scope = credential.substr(0, end);
    const auto slash = scope.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : scope.substr(slash + 1);
}

std::string_view value_of(const std::vector<http::QueryParameter>& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? std::string_view(found->value) : std::string_view();
}

// The wire form of a service that is not here, as the request itself speaks it.
Protocol wire_of(const http::RequestHead& head, bool is_form, const aws::ServiceEntry& entry) {
    if (head.header("x-amz-target")) return Protocol::json;
    if (head.header("smithy-protocol") == "rpc-v2-cbor") return Protocol::cbor;
    const auto speaks = [&entry](Protocol protocol) { return entry.speaks(protocol); };
    static constexpr std::array forms{Protocol::ec2, Protocol::query};
    static constexpr std::array others{Protocol::rest_json, Protocol::rest_xml, Protocol::json};
    if (is_form) {
        const auto* found = std::ranges::find_if(forms, speaks);
        if (found != forms.end()) return *found;
    }
    const auto* found = std::ranges::find_if(others, speaks);
    return found != others.end() ? *found : entry.protocols.front();
}

Route to_service(const aws::Service& service, Protocol wire) {
    return {.kind = Route::Kind::served, .service = &service, .wire = wire};
}

Route to_absent(const aws::ServiceEntry& entry, Protocol wire) {
    return {.kind = Route::Kind::absent, .absent = &entry, .wire = wire};
}

// By the prefix of a target. `kind` stays s3 when no service has it.
Route by_target(std::string_view target) {
    const std::string_view prefix = target.substr(0, target.rfind('.'));
    if (prefix.empty()) return {};
    for (const auto* service : served_services()) {
        if (service->model().target_prefix() == prefix) return to_service(*service, Protocol::json);
    }
    const auto* entry = aws::Directory::get().by_target_prefix(prefix);
    return entry != nullptr ? to_absent(*entry, Protocol::json) : Route{};
}

bool is_s3_control(const http::RequestHead& head) {
    return head.path.starts_with("/v20180820/") && head.header("x-amz-account-id");
}

// Which form an action is in.
bool is_form_request(const http::RequestHead& head,
                     const std::vector<http::QueryParameter>& query) {
    return aws::is_form(head) || http::find_parameter(query, "Action") != nullptr;
}

}  // namespace

Route find_form_route(std::string_view version, std::string_view action) {
    const auto services = served_services();
    for (const auto* service : services) {
        if (service->model().version() == version) return to_service(*service, Protocol::query);
    }
    if (const auto* entry = aws::Directory::get().by_version(version)) {
        const bool is_ec2 = entry->speaks(Protocol::ec2);
        return to_absent(*entry, is_ec2 ? Protocol::ec2 : Protocol::query);
    }
    const auto has_action = [action](const aws::Service* service) {
        return service->model().find_operation(action) != nullptr;
    };
    const auto found = std::ranges::find_if(services, has_action);
    return to_service(found != services.end() ? **found : *services.front(), Protocol::query);
}

Route find_route(const http::RequestHead& head, const std::vector<http::QueryParameter>& query) {
    if (const auto target = head.header("x-amz-target")) {
        const Route route = by_target(*target);
        if (route.kind != Route::Kind::s3) return route;
    }
    std::string_view scope = service_of(head.header("authorization").value_or(""));
    if (scope.empty()) scope = service_of(value_of(query, "X-Amz-Credential"));
    const bool is_form = is_form_request(head, query);
    const auto& directory = aws::Directory::get();
    // Whoever signs for S3 means S3, whatever its parameters are called.
    if (scope == "s3") {
        const auto* control =
            is_s3_control(head) ? directory.by_endpoint_prefix("s3-control") : nullptr;
        return control != nullptr ? to_absent(*control, Protocol::rest_xml) : Route{};
    }
    if (const auto* service = find_service(scope)) {
        const auto protocol = service->model().protocol();
        const bool is_rest = protocol == Protocol::rest_json || protocol == Protocol::rest_xml;
        return to_service(*service, is_rest ? protocol : Protocol::query);
    }
    if (!scope.empty()) {
        const auto* entry = directory.by_signing_name(scope, value_of(query, "Version"));
        if (entry != nullptr) return to_absent(*entry, wire_of(head, is_form, *entry));
    }
    const std::string_view action = value_of(query, "Action");
    if (!action.empty() || http::find_parameter(query, "Action") != nullptr)
        return find_form_route(value_of(query, "Version"), action);
    if (head.method == "POST" && aws::is_form(head)) return {.kind = Route::Kind::form};
    return {};
}

}  // namespace onput::gateway
