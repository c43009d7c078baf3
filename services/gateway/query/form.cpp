#include "services/gateway/query/form.hpp"

#include <charconv>

#include "common/base/encoding.hpp"
#include "services/gateway/http/target.hpp"
#include "services/gateway/query/value.hpp"

namespace onput::gateway::query {
namespace {

std::unexpected<Error> malformed(std::string why) {
    return fail(ErrorCode::invalid_argument, std::move(why), "MalformedQueryString");
}

bool insert(FormNode& root, std::string_view name, std::string value) {
    FormNode* node = &root;
    std::size_t depth = 0;
    while (true) {
        if (++depth > value_depth_max) return false;
        const auto dot = name.find('.');
        node = &node->members[std::string(name.substr(0, dot))];
        if (dot == std::string_view::npos) break;
        name = name.substr(dot + 1);
    }
    node->text = std::move(value);
    return true;
}

}  // namespace

const FormNode* FormNode::find(std::string_view name) const {
    const auto found = members.find(name);
    return found == members.end() ? nullptr : &found->second;
}

Result<FormNode> read_fields(std::string_view form) {
    auto fields = http::parse_query(form);
    if (!fields) return malformed("the form is malformed or has too many fields");
    FormNode root;
    for (auto& field : *fields) {
        if (!is_utf8(field.name) || !is_utf8(field.value))
            return malformed("the form is not UTF-8");
        if (!insert(root, field.name, std::move(field.value)))
            return malformed("a field's name has too many parts");
    }
    return root;
}

std::vector<const FormNode*> items_of(const FormNode& node) {
    std::map<std::uint32_t, const FormNode*> ordered;
    for (const auto& [name, item] : node.members) {
        std::uint32_t index = 0;
        const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), index);
        const bool is_index = error == std::errc() && stop == name.data() + name.size() &&
                              index >= 1 && index <= form_index_max;
        if (is_index) ordered.emplace(index, &item);
    }
    std::vector<const FormNode*> items;
    for (const auto& [index, item] : ordered) items.push_back(item);
    return items;
}

std::string form_of(const http::RequestHead& head, std::string_view body) {
    return std::string(head.query).append("&").append(body);
}

bool is_form(const http::RequestHead& head) {
    return head.header("content-type")
        .value_or("")
        .starts_with("application/x-www-form-urlencoded");
}

}  // namespace onput::gateway::query
