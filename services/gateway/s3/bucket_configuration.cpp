#include "services/gateway/s3/bucket_configuration.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/configuration_rules.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using enum ConfigurationKind;
using aws::Value;

constexpr std::string_view absent_of_many = "no_such_configuration";

constexpr std::array forms{
    ConfigurationForm{.kind = tagging,
                      .root = "Tagging",
                      .shape = "Tagging",
                      .demands_checksum = true,
                      .put_status = 204,
                      .absent_reason = "no_such_tag_set"},
    ConfigurationForm{.kind = request_payment,
                      .root = "RequestPaymentConfiguration",
                      .shape = "RequestPaymentConfiguration",
                      .demands_checksum = true,
                      .has_default = true},
    ConfigurationForm{.kind = accelerate,
                      .root = "AccelerateConfiguration",
                      .shape = "AccelerateConfiguration",
                      .has_default = true},
    ConfigurationForm{.kind = inventory,
                      .root = "InventoryConfiguration",
                      .shape = "InventoryConfiguration",
                      .absent_reason = absent_of_many,
                      .list_operation = "ListBucketInventoryConfigurations",
                      .list_root = "ListInventoryConfigurationsResult"},
    ConfigurationForm{.kind = analytics,
                      .root = "AnalyticsConfiguration",
                      .shape = "AnalyticsConfiguration",
                      .absent_reason = absent_of_many,
                      .list_operation = "ListBucketAnalyticsConfigurations",
                      .list_root = "ListBucketAnalyticsConfigurationResult"},
    ConfigurationForm{.kind = metrics,
                      .root = "MetricsConfiguration",
                      .shape = "MetricsConfiguration",
                      .absent_reason = absent_of_many,
                      .list_operation = "ListBucketMetricsConfigurations",
                      .list_root = "ListMetricsConfigurationsResult"},
    ConfigurationForm{.kind = intelligent_tiering,
                      .root = "IntelligentTieringConfiguration",
                      .shape = "IntelligentTieringConfiguration",
                      .absent_reason = absent_of_many,
                      .list_operation = "ListBucketIntelligentTieringConfigurations",
                      .list_root = "ListBucketIntelligentTieringConfigurationsOutput"},
    ConfigurationForm{.kind = ownership_controls,
                      .root = "OwnershipControls",
                      .shape = "OwnershipControls",
                      .demands_checksum = true,
                      .absent_reason = "no_ownership_controls",
                      .has_default = true},
    ConfigurationForm{.kind = public_access_block,
                      .root = "PublicAccessBlockConfiguration",
                      .shape = "PublicAccessBlockConfiguration",
                      .demands_checksum = true,
                      .absent_reason = "no_public_access_block",
                      .has_default = true},
    ConfigurationForm{.kind = encryption,
                      .root = "ServerSideEncryptionConfiguration",
                      .shape = "ServerSideEncryptionConfiguration",
                      .demands_checksum = true,
                      .has_default = true},
    ConfigurationForm{.kind = cors,
                      .root = "CORSConfiguration",
                      .shape = "CORSConfiguration",
                      .demands_checksum = true,
                      .absent_reason = "no_such_cors_configuration"},
    ConfigurationForm{.kind = website,
                      .root = "WebsiteConfiguration",
                      .shape = "WebsiteConfiguration",
                      .demands_checksum = true,
                      .absent_reason = "no_such_website_configuration",
                      .body_bytes_max = schema::configuration_bytes_max},
    ConfigurationForm{.kind = logging,
                      .root = "BucketLoggingStatus",
                      .shape = "BucketLoggingStatus",
                      .demands_checksum = true,
                      .has_default = true},
};
static_assert(forms.size() == static_cast<std::size_t>(last));

const aws::Shape& shape_of(const ConfigurationForm& form) {
    const auto* shape = aws::s3_model().find_shape(form.shape);
    ONPUT_CHECK(shape != nullptr);
    return *shape;
}

std::string render(const ConfigurationForm& form, const Value& document) {
    return aws::render_document(
        {.root = form.root, .xml_namespace = aws::s3_model().xml_namespace()}, document,
        shape_of(form));
}

}  // namespace

const ConfigurationForm& form_of(ConfigurationKind kind) {
    const auto* found = std::ranges::find(forms, kind, &ConfigurationForm::kind);
    ONPUT_CHECK(found != forms.end());
    return *found;
}

Result<std::string> read_configuration(const ConfigurationPlace& place, std::string_view body) {
    const auto& form = form_of(place.kind);
    ONPUT_TRY(auto document, aws::read_xml(body, form.root, shape_of(form)));
    return take_configuration(place, std::move(document));
}

Result<std::string> take_configuration(const ConfigurationPlace& place, Value document) {
    const auto& form = form_of(place.kind);
    // What is wrong with a tag's or a website's texts has texts of its own.
    const aws::CheckRules rules{.leaves_limits = place.kind == tagging || place.kind == website};
    if (!aws::check(document, shape_of(form), rules).empty()) return aws::malformed_xml();
    ONPUT_TRY_VOID(check_configuration(place, document));
    complete_configuration(place.kind, document);
    // An empty set of tags is none.
    if (place.kind == tagging && document.find("TagSet")->list()->empty()) return std::string();
    return render(form, document);
}

bool blocks_customer_keys(std::string_view stored) {
    const auto& form = form_of(encryption);
    const auto document = aws::read_xml(stored, form.root, shape_of(form));
    if (!document) return false;
    for (const auto& rule : *document->find("Rules")->list()) {
        const auto* blocked = rule.find("BlockedEncryptionTypes");
        const auto* types = blocked == nullptr ? nullptr : blocked->find("EncryptionType");
        if (types == nullptr) continue;
        for (const auto& type : *types->list()) {
            if (type.text() != nullptr && *type.text() == "SSE-C") return true;
        }
    }
    return false;
}

Result<void> check_configuration_id(std::string_view id) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    if (!id.empty() && id.size() <= schema::configuration_id_bytes_max &&
        std::ranges::all_of(id, is_allowed))
        return {};
    return invalid_argument("The ID of the configuration is not valid.", "id", std::string(id));
}

namespace {

Value ownership_document(std::string_view ownership) {
    Value rule;
    rule["ObjectOwnership"] = ownership;
    Value document{Value::Map()};
    document["Rules"].push_back(std::move(rule));
    return document;
}

}  // namespace

Result<std::string> render_ownership(std::string_view ownership) {
    constexpr std::array<std::string_view, 3> known{owner_enforced, "BucketOwnerPreferred",
                                                    "ObjectWriter"};
    if (std::ranges::find(known, ownership) != known.end())
        return render(form_of(ownership_controls), ownership_document(ownership));
    return invalid_argument("Invalid x-amz-object-ownership header", "x-amz-object-ownership",
                            std::string(ownership));
}

std::string render_unset(ConfigurationKind kind) {
    Value document{Value::Map()};
    if (kind == request_payment) document["Payer"] = "BucketOwner";
    if (kind == ownership_controls) document = ownership_document(owner_enforced);
    if (kind == encryption) {
        Value rule;
        rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] = "AES256";
        document["Rules"].push_back(std::move(rule));
        complete_configuration(kind, document);
    }
    if (kind == public_access_block) {
        for (const std::string_view name : access_blocks) document[std::string(name)] = "true";
    }
    return render(form_of(kind), document);
}

Result<std::string> render_configurations(ConfigurationKind kind, std::string_view token,
                                          const schema::BucketConfigurationList& page) {
    const auto& form = form_of(kind);
    const auto& model = aws::s3_model();
    Value result;
    result["IsTruncated"] = Value::flag(page.is_truncated);
    if (!token.empty()) result["ContinuationToken"] = token;
    if (page.is_truncated)
        result["NextContinuationToken"] = to_base64(page.configurations.back().id);
    for (const auto& configuration : page.configurations) {
        auto document = aws::read_xml(configuration.document, form.root, shape_of(form));
        if (!document) {
            return onput::fail(ErrorCode::corruption,
                               fmt::format("the stored configuration '{}' is no {}: put it again",
                                           configuration.id, form.shape));
        }
        result[fmt::format("{}List", form.shape)].push_back(*std::move(document));
    }
    return aws::render_document({.root = form.list_root, .xml_namespace = model.xml_namespace()},
                                result, *model.find_operation(form.list_operation)->output);
}

Result<std::string> read_continuation_token(std::string_view token) {
    if (token.empty()) return std::string();
    auto id = from_base64(token);
    if (id && check_configuration_id(*id)) return *std::move(id);
    return invalid_argument("The continuation token provided is incorrect", "continuation-token",
                            std::string(token));
}

}  // namespace onput::gateway::s3
