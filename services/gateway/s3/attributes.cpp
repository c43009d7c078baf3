#include "services/gateway/s3/attributes.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/s3/checksums.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/object_headers.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;

constexpr std::string_view names_header = "x-amz-object-attributes";

struct Attribute {
    std::string_view name;
    bool AttributesQuery::* wish;
};
constexpr std::array attributes{
    Attribute{"ETag", &AttributesQuery::wants_etag},
    Attribute{"Checksum", &AttributesQuery::wants_checksum},
    Attribute{"ObjectParts", &AttributesQuery::wants_parts},
    Attribute{"StorageClass", &AttributesQuery::wants_storage_class},
    Attribute{"ObjectSize", &AttributesQuery::wants_size},
};

Result<std::uint32_t> read_count(const http::RequestHead& head, std::string_view header,
                                 std::uint32_t missing) {
    const auto sent = head.header(header);
    if (!sent) return missing;
    const auto count = parse_number<std::int32_t>(*sent);
    if (count && *count >= 0) return static_cast<std::uint32_t>(*count);
    return invalid_argument(
        fmt::format("Provided {} not an integer or within integer range", header),
        std::string(header), std::string(*sent));
}

Value describe_parts(const AttributesQuery& wanted, const schema::ObjectPartList& list) {
    Value parts;
    parts["TotalPartsCount"] = Value(std::int64_t{list.object.parts_count});
    parts["PartNumberMarker"] = Value(std::int64_t{wanted.after});
    const std::uint32_t last = list.parts.empty() ? 0 : list.parts.back().number;
    parts["NextPartNumberMarker"] = Value(std::int64_t{last});
    parts["MaxParts"] = Value(std::int64_t{wanted.parts_max});
    parts["IsTruncated"] = Value::flag(list.is_truncated);
    for (const auto& part : list.parts) {
        Value shown;
        shown["PartNumber"] = Value(std::int64_t{part.number});
        shown["Size"] = Value(static_cast<std::int64_t>(part.size_bytes));
        write_checksums(part.checksums, shown);
        parts["Parts"].push_back(std::move(shown));
    }
    return parts;
}

}  // namespace

Result<AttributesQuery> read_attributes_query(const http::RequestHead& head) {
    AttributesQuery wanted;
    const std::string header = head.list_header(names_header);
    if (header.empty()) {
        return onput::fail(ErrorCode::invalid_argument,
                           "The x-amz-object-attributes header specifying the attributes to be "
                           "retrieved is either missing or empty",
                           "invalid_request");
    }
    std::string_view names = header;
    while (true) {
        const auto comma = names.find(',');
        const std::string_view name = trimmed(names.substr(0, comma));
        const auto* found = std::ranges::find(attributes, name, &Attribute::name);
        if (found == attributes.end()) {
            return invalid_argument("Invalid attribute name specified.", std::string(names_header),
                                    header);
        }
        wanted.*(found->wish) = true;
        if (comma == std::string_view::npos) break;
        names.remove_prefix(comma + 1);
    }
    ONPUT_TRY(wanted.parts_max, read_count(head, "x-amz-max-parts", schema::list_parts_max));
    wanted.parts_max = std::min(wanted.parts_max, schema::list_parts_max);
    ONPUT_TRY(wanted.after, read_count(head, "x-amz-part-number-marker", 0));
    return wanted;
}

std::string render_attributes(const AttributesQuery& wanted, const schema::ObjectPartList& list) {
    const schema::ObjectInfo& object = list.object;
    Value result{Value::Map()};
    // Without quotes, in this document only.
    if (wanted.wants_etag) result["ETag"] = Value(object.etag);
    if (wanted.wants_checksum && !object.checksums.empty()) {
        write_checksums(object.checksums, result["Checksum"]);
        result["Checksum"]["ChecksumType"] = Value(shown_checksum_type(object.checksum_type));
    }
    if (wanted.wants_parts && object.parts_count > 0)
        result["ObjectParts"] = describe_parts(wanted, list);
    if (wanted.wants_storage_class) {
        result["StorageClass"] =
            Value(object.storage_class.empty() ? std::string("STANDARD") : object.storage_class);
    }
    if (wanted.wants_size)
        result["ObjectSize"] = Value(static_cast<std::int64_t>(object.size_bytes));
    return render_result_of("GetObjectAttributes", "GetObjectAttributesResponse", result);
}

}  // namespace onput::gateway::s3
