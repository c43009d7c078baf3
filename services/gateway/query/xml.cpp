#include "services/gateway/query/xml.hpp"

namespace onput::gateway::query {

std::string write_xml(const XmlDialect& dialect, const XmlAnswer& answer) {
    const std::string operation(answer.operation);
    s3::XmlWriter xml;
    xml.begin_in_namespace(operation + "Response", dialect.xml_namespace);
    if (!answer.result.is_null()) {
        xml.begin(operation + "Result");
        dialect.write_members(xml, answer.result, operation);
        xml.end(operation + "Result");
    }
    xml.begin("ResponseMetadata");
    xml.text("RequestId", answer.request_id);
    xml.end("ResponseMetadata");
    xml.end(operation + "Response");
    return xml.take();
}

std::string write_error(const XmlError& error) {
    s3::XmlWriter xml;
    xml.begin_in_namespace("ErrorResponse", error.xml_namespace);
    xml.begin("Error");
    xml.text("Type", error.status < 500 ? "Sender" : "Receiver");
    xml.text("Code", error.code);
    xml.text("Message", error.message);
    if (error.has_detail) xml.text("Detail", "");
    xml.end("Error");
    xml.text("RequestId", error.request_id);
    xml.end("ErrorResponse");
    return xml.take();
}

}  // namespace onput::gateway::query
