// Configurations of buckets that are documents by S3's model: what they look like, what S3 refuses
// in one, and what is stored, which is what GET answers. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

using ConfigurationKind = schema::BucketConfigurationKind;

inline constexpr std::size_t configuration_body_bytes_max = 64 * 1024;

struct ConfigurationForm {
    ConfigurationKind kind = ConfigurationKind::tagging;
    std::string_view root{};           // Of its document.
    std::string_view shape{};          // In S3's model.
    bool demands_checksum = false;     // Of a request that puts one.
    int put_status = 200;              // Of the answer to it.
    std::string_view absent_reason{};  // Of the error where there is none; empty: no error.
    std::size_t body_bytes_max = configuration_body_bytes_max;
    // What was never put is shown (render_unset); after a deletion too, unless there is a reason.
    bool has_default = false;
    std::string_view list_operation{};  // Of kinds with ids.
    std::string_view list_root{};       // Of its document.
};
const ConfigurationForm& form_of(ConfigurationKind kind);

// Where a configuration is put.
struct ConfigurationPlace {
    ConfigurationKind kind = ConfigurationKind::tagging;
    std::string_view bucket{};
    std::string_view id{};  // As the URL has it.
};

// The document that is stored, from a body; empty when the body means that there is none. Errors,
// all but the last invalid_argument: malformed_xml, invalid_argument, invalid_request, invalid_tag,
// too_many_tags; unimplemented.
Result<std::string> read_configuration(const ConfigurationPlace& place, std::string_view body);
// The same of a document that is read already.
Result<std::string> take_configuration(const ConfigurationPlace& place, aws::Value document);

// Of an encryption configuration that is stored: whether it takes no objects with clients' keys.
bool blocks_customer_keys(std::string_view stored);

// An id as the URL has it: invalid_argument.
Result<void> check_configuration_id(std::string_view id);

// Ownership controls of that name ("ObjectWriter"). invalid_argument.
Result<std::string> render_ownership(std::string_view ownership);

// What is answered of a kind that has a default where nothing was put.
std::string render_unset(ConfigurationKind kind);

// A page of a kind with ids. `token`: the one that the page was asked for by. corruption: a stored
// document is none.
Result<std::string> render_configurations(ConfigurationKind kind, std::string_view token,
                                          const schema::BucketConfigurationList& page);

// The id that a page begins behind; empty without a token. invalid_argument.
Result<std::string> read_continuation_token(std::string_view token);

}  // namespace onput::gateway::s3
