#include "services/gateway/s3/site/website_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;
using Kind = WebsiteAction::Kind;

// --- Validation -------------------------------------------------------------------------------

std::unexpected<Error> invalid_request(std::string message) {
    return onput::fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

bool is_code_between(const std::string& text, std::int64_t first, std::int64_t last) {
    const auto number = Value(text).number();
    return number && *number >= first && *number <= last;
}

Result<void> check_protocol(const Value& target) {
    const auto* protocol = target.find("Protocol");
    if (protocol == nullptr) return {};
    const std::string name = target.text_of("Protocol");
    if (name == "http" || name == "https") return {};
    return invalid_request(
        "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
        "selected automatically.");
}

Result<void> check_condition(const Value& condition) {
    const auto* code = condition.find("HttpErrorCodeReturnedEquals");
    if (code == nullptr && condition.find("KeyPrefixEquals") == nullptr) {
        return invalid_request(
            "Condition cannot be empty. To redirect all requests without a condition, the "
            "condition element shouldn't be present.");
    }
    if (code == nullptr) return {};
    const std::string text = condition.text_of("HttpErrorCodeReturnedEquals");
    if (is_code_between(text, 400, 599)) return {};
    return invalid_request(fmt::format(
        "The provided HTTP error code ({}) is not valid. Valid codes are 4XX or 5XX.", text));
}

Result<void> check_redirect(const Value& redirect) {
    if (redirect.map() == nullptr || redirect.map()->empty()) return aws::malformed_xml();
    ONPUT_TRY_VOID(check_protocol(redirect));
    if (redirect.find("ReplaceKeyPrefixWith") != nullptr &&
        redirect.find("ReplaceKeyWith") != nullptr)
        return invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
    if (redirect.find("HttpRedirectCode") == nullptr) return {};
    const std::string text = redirect.text_of("HttpRedirectCode");
    if (is_code_between(text, 301, 399)) return {};
    return invalid_request(fmt::format(
        "The provided HTTP redirect code ({}) is not valid. Valid codes are 3XX except 300.",
        text));
}

Result<void> check_rules(const Value& rules) {
    const auto& list = *rules.list();
    if (list.empty()) return aws::malformed_xml();
    if (list.size() > routing_rules_max) {
        return invalid_request(
            fmt::format("{} routing rules provided, the number of routing rules in a website "
                        "configuration is limited to {}.",
                        list.size(), routing_rules_max));
    }
    for (const auto& rule : list) {
        if (const auto* condition = rule.find("Condition"))
            ONPUT_TRY_VOID(check_condition(*condition));
        ONPUT_TRY_VOID(check_redirect(*rule.find("Redirect")));
    }
    return {};
}

Result<void> check_redirect_of_all(const Value& document) {
    const auto& target = *document.find("RedirectAllRequestsTo");
    if (document.map()->size() > 1) {
        return invalid_request(
            "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.");
    }
    if (target.text_of("HostName").empty()) {
        return invalid_request(
            "A host name must be provided to redirect all requests (e.g. \"example.com\").");
    }
    return check_protocol(target);
}

// --- Where redirects lead ---------------------------------------------------------------------

// Of a key within a path.
std::string path_of(std::string_view key) {
    constexpr std::string_view kept = "/!$&'()*+,;=:@";
    return percent_encode(key, kept);
}

// What the owner wrote goes out as it is, but for what no URL may have.
std::string verbatim(std::string_view text) {
    constexpr std::string_view kept = "/!$&'()*+,;=:@%?#[]";
    return percent_encode(text, kept);
}

std::string with_query(std::string location, const WebsiteRequest& request) {
    if (request.query.empty()) return location;
    // A fragment, which may be of a rule, comes last.
    const auto fragment = std::min(location.find('#'), location.size());
    return fmt::format("{}?{}{}", location.substr(0, fragment), request.query,
                       location.substr(fragment));
}

// Within this website. Two slashes at the beginning would name a host.
std::string local_location(const WebsiteRequest& request, std::string_view path) {
    if (request.root.empty() && path.starts_with('/')) return fmt::format("/%2F{}", path.substr(1));
    return fmt::format("{}/{}", request.root, path);
}

std::string scheme_of(std::string_view wanted, const WebsiteRequest& request) {
    return std::string(wanted.empty() ? std::string_view(request.scheme) : wanted);
}

WebsiteAction redirect_to(int status, std::string location) {
    return {.kind = Kind::redirect, .key = {}, .status = status, .location = std::move(location)};
}

std::string path_by(const RoutingRule& rule, const WebsiteRequest& request) {
    if (rule.replace_key) return verbatim(*rule.replace_key);
    const std::string_view key = request.key;
    if (!rule.replace_prefix) return path_of(key);
    return verbatim(*rule.replace_prefix) + path_of(key.substr(rule.key_prefix.size()));
}

WebsiteAction redirect_by(const RoutingRule& rule, const WebsiteRequest& request) {
    const std::string path = path_by(rule, request);
    const std::string_view host = rule.host.empty() ? std::string_view(request.host) : rule.host;
    const bool stays = rule.host.empty() && (rule.protocol.empty() || host.empty());
    const std::string location =
        stays ? local_location(request, path)
              : fmt::format("{}://{}{}/{}", scheme_of(rule.protocol, request), host,
                            rule.host.empty() ? request.root : "", path);
    return redirect_to(rule.redirect_code, with_query(location, request));
}

const RoutingRule* find_rule(const WebsiteConfiguration& configuration,
                             const WebsiteRequest& request, std::optional<int> failure) {
    const auto found = std::ranges::find_if(configuration.rules, [&](const RoutingRule& rule) {
        return rule.error_code == failure && request.key.starts_with(rule.key_prefix);
    });
    return found == configuration.rules.end() ? nullptr : &*found;
}

// --- Lookups ----------------------------------------------------------------------------------

bool is_folder_path(std::string_view key) {
    return key.empty() || key.ends_with('/');
}

WebsiteAction decide_failure(const WebsiteConfiguration& configuration,
                             const WebsiteRequest& request, const WebsiteLookups& known) {
    const int status = *known.failure;
    const bool may_be_folder = !is_folder_path(request.key) && (status == 404 || status == 403);
    if (may_be_folder && !known.is_folder) {
        return {.kind = Kind::probe,
                .key = fmt::format("{}/{}", request.key, configuration.index_suffix)};
    }
    if (known.is_folder.value_or(false)) {
        const auto path = path_of(request.key + "/");
        return redirect_to(302, with_query(local_location(request, path), request));
    }
    if (const auto* rule = find_rule(configuration, request, status))
        return redirect_by(*rule, request);
    if (!configuration.error_key.empty() && status >= 400 && status < 500) {
        return {.kind = Kind::get_error_page, .key = configuration.error_key, .status = status};
    }
    return {.kind = Kind::fail, .key = {}, .status = status};
}

std::optional<std::string> text_in(const Value& value, std::string_view name) {
    const auto* found = value.find(name);
    return found != nullptr ? found->scalar_text() : std::nullopt;
}

RoutingRule read_rule(const Value& rule) {
    RoutingRule read;
    if (const auto* condition = rule.find("Condition")) {
        read.key_prefix = condition->text_of("KeyPrefixEquals");
        if (const auto* code = condition->find("HttpErrorCodeReturnedEquals"))
            read.error_code = static_cast<int>(code->number().value_or(0));
    }
    const auto* redirect = rule.find("Redirect");
    if (redirect == nullptr) return read;
    read.protocol = redirect->text_of("Protocol");
    read.host = redirect->text_of("HostName");
    read.replace_prefix = text_in(*redirect, "ReplaceKeyPrefixWith");
    read.replace_key = text_in(*redirect, "ReplaceKeyWith");
    if (const auto* code = redirect->find("HttpRedirectCode"))
        read.redirect_code = static_cast<int>(code->number().value_or(read.redirect_code));
    return read;
}

}  // namespace

Result<void> check_website(const Value& document) {
    if (document.map() == nullptr) return aws::malformed_xml();
    if (document.find("RedirectAllRequestsTo") != nullptr) return check_redirect_of_all(document);
    const auto* index = document.find("IndexDocument");
    if (index == nullptr) {
        return invalid_argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument", "null");
    }
    const std::string suffix = index->text_of("Suffix");
    if (suffix.empty() || suffix.contains('/')) {
        return invalid_argument("The IndexDocument Suffix is not well formed", "IndexDocument",
                                suffix);
    }
    if (const auto* page = document.find("ErrorDocument");
        page != nullptr && page->text_of("Key").empty())
        return invalid_argument("The ErrorDocument Key is not well formed", "ErrorDocument", "");
    const auto* rules = document.find("RoutingRules");
    return rules != nullptr ? check_rules(*rules) : Result<void>();
}

Result<std::optional<WebsiteConfiguration>> read_website(std::string_view document) {
    if (document.empty()) return std::nullopt;
    constexpr std::string_view name = "WebsiteConfiguration";
    const auto read = aws::read_xml(document, name, *aws::s3_model().find_shape(name));
    if (!read) {
        return onput::fail(ErrorCode::corruption,
                           "the stored website configuration cannot be read: put it again");
    }
    WebsiteConfiguration made;
    if (const auto* index = read->find("IndexDocument"))
        made.index_suffix = index->text_of("Suffix");
    if (const auto* page = read->find("ErrorDocument")) made.error_key = page->text_of("Key");
    if (const auto* all = read->find("RedirectAllRequestsTo")) {
        made.redirect_host = all->text_of("HostName");
        made.redirect_protocol = all->text_of("Protocol");
    }
    if (const auto* rules = read->find("RoutingRules"); rules != nullptr && rules->list()) {
        for (const auto& rule : *rules->list()) made.rules.push_back(read_rule(rule));
    }
    return made;
}

WebsiteAction decide(const WebsiteConfiguration& configuration, const WebsiteRequest& request,
                     const WebsiteLookups& known) {
    if (!configuration.redirect_host.empty()) {
        const std::string path =
            request.raw_target.starts_with('/') ? request.raw_target : "/" + request.raw_target;
        return redirect_to(
            301, fmt::format("{}://{}{}", scheme_of(configuration.redirect_protocol, request),
                             verbatim(configuration.redirect_host), path));
    }
    if (request.lacks_slash)
        return redirect_to(302, with_query(local_location(request, ""), request));
    if (known.failure) return decide_failure(configuration, request, known);
    if (const auto* rule = find_rule(configuration, request, std::nullopt))
        return redirect_by(*rule, request);
    return {.kind = Kind::get,
            .key = is_folder_path(request.key) ? request.key + configuration.index_suffix
                                               : request.key};
}

}  // namespace onput::gateway::s3
