// Model: what AWS publishes about one service, from its table (tables/<service>.inc).
//
// A table is text, one fact a line, made by tables/make_tables.py:
//
//     title Amazon SQS                               also protocol, json, target, version
//     o SendMessage POST / Input Output c:201 w:SendMessageResult n:Root
//                                                    method, URI, shapes ("-": none), status,
//                                                    elements of the result and of the request
//     t SendMessageRequest                           a structure; its members follow, indented:
//      QueueUrl $s !                                 name, shape, "!" required
//      Bucket $s ! u:Bucket                          travels in the URI; h: header, H: headers of a
//                                                    prefix, q: query parameter, c: status code
//      Body $B p                                     p: the whole body; n:Name another name in XML
//      Events EventList n:Event f                    and forms; f flattened; a an XML attribute
//     L EventList Event f e:Event <:1 >:10           list: item, its name, least and most items
//     m TagMap $s $s f n:Tag k:Key v:Value           map: key, value, the names of the three
//     s Name <:1 >:80                                scalars with limits: s string, i, l integer,
//     =One  Two                                      d floating point, b boolean, B blob,
//     ~[a-z]+                                        T timestamp (t: form); "=" choices, "~" regex
//     x NotFoundException 404 NotFound               error: shape, status, code in forms and XML
//
// "$s" is a string without limits, and so for the other letters. A table is compiled in, parsed
// once, when its service is asked for first, and never changes: all texts here are views into it. A
// table that cannot be parsed ends the process; a test parses all of them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace onput::gateway::aws {

enum class Kind : std::uint8_t {
    string,
    integer,
    real,
    boolean,
    blob,
    timestamp,
    structure,
    list,
    map,
    any,  // A document: whatever JSON can say.
};

// How a message of a service looks on the wire. `ec2` and `cbor` exist for refusals only.
enum class Protocol : std::uint8_t { query, json, rest_xml, rest_json, ec2, cbor };

// Where a member of a request or an answer travels.
enum class Place : std::uint8_t { body, header, headers, query, uri, status };

struct Shape;

struct Member {
    std::string_view name{};
    std::string_view
        wire_name{};  // In headers, queries, XML and forms; the name unless it says more.
    const Shape* shape = nullptr;
    Place place = Place::body;
    bool is_required = false;
    bool is_payload = false;  // The body is this member, and nothing else.
    bool is_flattened = false;
    bool is_attribute = false;  // Of its element, in XML.
};

struct Shape {
    std::string_view name{};
    Kind kind = Kind::string;
    // Bounds of a number's value, a text's characters, a blob's bytes, a list's or map's items.
    std::optional<double> least{};
    std::optional<double> most{};
    std::string_view pattern{};  // As Java has it; empty: none.
    std::vector<std::string_view> choices{};
    std::string_view
        timestamp_form{};  // "iso8601", "unixTimestamp", "rfc822"; empty: the protocol's.

    std::vector<Member> members{};  // Of a structure, in the model's order.
    [[nodiscard]] const Member* find_member(std::string_view member) const;

    const Shape* key = nullptr;   // Of a map.
    const Shape* item = nullptr;  // Of a list, or the values of a map.
    bool is_flattened = false;
    std::string_view
        element{};  // Of a flattened map, or a document's root; empty: none of its own.
    std::string_view key_name{};    // "key" unless the model says more.
    std::string_view value_name{};  // "value"
    std::string_view item_name{};   // "member"

    std::vector<std::uint16_t> by_name{};  // Indices of members, sorted by name.
};

struct Operation {
    std::string_view name{};
    std::string_view method{};          // "POST"
    std::string_view uri{};             // "/{Bucket}/{Key+}?acl"
    const Shape* input = nullptr;       // Null: none.
    const Shape* output = nullptr;      // Null: the answer has no result at all.
    int status = 200;                   // Of a good answer.
    std::string_view result_element{};  // "SendMessageResult" of the query protocol.
    std::string_view
        root_element{};  // Of the request's document, where the shape's name is not it.
};

// An error that a service's model names.
struct ErrorShape {
    std::string_view name{};  // Of JSON: "QueueDoesNotExist"
    std::string_view
        code{};  // Of the query protocol and XML: "AWS.SimpleQueueService.NonExistentQueue"
    int status = 400;
};

class Model {
public:
    explicit Model(std::string_view table);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    [[nodiscard]] std::string_view title() const { return title_; }
    [[nodiscard]] Protocol protocol() const { return protocol_; }
    [[nodiscard]] std::string_view json_version() const { return json_version_; }  // "1.0"
    [[nodiscard]] std::string_view target_prefix() const {
        return target_prefix_;
    }  // "AmazonSQS"; empty: none.
    [[nodiscard]] std::string_view version() const { return version_; }  // "2012-11-05"
    [[nodiscard]] std::string_view xml_namespace() const { return xml_namespace_; }

    // Null when there is none.
    [[nodiscard]] const Operation* find_operation(std::string_view name) const;
    [[nodiscard]] const Shape* find_shape(std::string_view name) const;
    // By name, by name without "Exception", or by code.
    [[nodiscard]] const ErrorShape* find_error(std::string_view name) const;

    [[nodiscard]] const std::deque<Operation>& operations() const { return operations_; }

private:
    friend class TableParser;

    std::string_view title_;
    Protocol protocol_ = Protocol::json;
    std::string_view json_version_;
    std::string_view target_prefix_;
    std::string_view version_;
    std::string_view xml_namespace_;
    std::deque<Shape> shapes_;  // Their addresses are kept.
    std::deque<Operation> operations_;
    std::deque<ErrorShape> errors_;
    std::map<std::string_view, const Shape*> shapes_by_name_;
    std::map<std::string_view, const Operation*> operations_by_name_;
    std::map<std::string_view, const ErrorShape*> errors_by_name_;
};

// What a member is called in a form and in XML: a flattened list by the name of its items, if they
// have one.
std::string_view wire_name_of(const Member& member);
bool is_flattened(const Member& member);

// "rest-xml" and the like; nothing for a protocol that is not known.
std::optional<Protocol> protocol_named(std::string_view name);

// The piece before the separator, which both leave `text`; all of it when there is none.
std::string_view take_until(std::string_view& text, char separator);

}  // namespace onput::gateway::aws
