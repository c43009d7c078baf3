// The frame of the query protocol's answers, which is the same in every service:
//
//     <OpResponse xmlns=...>[<OpResult>members</OpResult>]<ResponseMetadata>...</OpResponse>
//     <ErrorResponse xmlns=...><Error>...</Error><RequestId>...</RequestId></ErrorResponse>
#pragma once

#include <string>
#include <string_view>

#include "services/gateway/query/value.hpp"
#include "services/gateway/s3/xml.hpp"

namespace onput::gateway::query {

struct XmlDialect {
    std::string_view xml_namespace;
    // Writes the members of a map, lists and maps in the service's own way.
    void (*write_members)(s3::XmlWriter& xml, const Value& value, std::string_view operation);
};

struct XmlAnswer {
    std::string_view operation;
    const Value& result;  // Null: the operation has no result.
    std::string_view request_id;
};
std::string write_xml(const XmlDialect& dialect, const XmlAnswer& answer);

struct XmlError {
    std::string_view xml_namespace;
    int status = 400;  // 500 and above is the receiver's fault.
    std::string_view code;
    std::string_view message;
    std::string_view request_id;
    bool has_detail = false;  // SQS has an element Detail, which is empty.
};
std::string write_error(const XmlError& error);

}  // namespace onput::gateway::query
