#include "services/gateway/aws/model.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "common/base/check.hpp"
#include "common/base/text.hpp"

namespace onput::gateway::aws {
namespace {

constexpr std::string_view exception_suffix = "Exception";

std::optional<Kind> scalar_kind(char letter) {
    switch (letter) {
        case 's': return Kind::string;
        case 'i':
        case 'l': return Kind::integer;
        case 'd': return Kind::real;
        case 'b': return Kind::boolean;
        case 'B': return Kind::blob;
        case 'T': return Kind::timestamp;
        default: return std::nullopt;
    }
}

double number_in(std::string_view text) {
    const auto number = parse_number<double>(text);
    ONPUT_CHECK(number.has_value());
    return *number;
}

// "n:Tag": its letter, and what follows the colon.
struct Flag {
    char letter = 0;
    std::string_view value;
};
Flag flag_in(std::string_view word) {
    ONPUT_CHECK(!word.empty());
    return {.letter = word.front(),
            .value = word.size() > 2 && word[1] == ':' ? word.substr(2) : std::string_view()};
}

void take_limit(Shape& shape, const Flag& flag) {
    if (flag.letter == '<') shape.least = number_in(flag.value);
    if (flag.letter == '>') shape.most = number_in(flag.value);
}

Place place_of(char letter) {
    switch (letter) {
        case 'h': return Place::header;
        case 'H': return Place::headers;
        case 'q': return Place::query;
        case 'u': return Place::uri;
        case 'c': return Place::status;
        default: return Place::body;
    }
}

}  // namespace

std::string_view take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const std::string_view piece = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return piece;
}

std::optional<Protocol> protocol_named(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Protocol>, 6> names{{
        {"query", Protocol::query},
        {"json", Protocol::json},
        {"rest-xml", Protocol::rest_xml},
        {"rest-json", Protocol::rest_json},
        {"ec2", Protocol::ec2},
        {"smithy-rpc-v2-cbor", Protocol::cbor},
    }};
    for (const auto& [known, protocol] : names) {
        if (known == name) return protocol;
    }
    return std::nullopt;
}

// Fills a model, line by line. Shapes may be named before they are described.
class TableParser {
public:
    explicit TableParser(Model& model) : model_(model) {}

    void parse(std::string_view table) {
        while (!table.empty()) {
            const std::string_view line = take_until(table, '\n');
            if (!line.empty()) take_line(line);
        }
        for (auto& shape : model_.shapes_) sort_members(shape);
        for (const auto& [name, shape] : model_.shapes_by_name_) ONPUT_CHECK(!shape->name.empty());
    }

private:
    void take_line(std::string_view line) {
        if (line.front() == ' ') return take_member(line.substr(1));
        if (line.front() == '=') return take_choices(line.substr(1));
        if (line.front() == '~') {
            ONPUT_CHECK(current_ != nullptr);
            current_->pattern = line.substr(1);
            return;
        }
        const std::string_view word = take_until(line, ' ');
        if (word.size() > 1) return take_fact(word, line);
        switch (word.front()) {
            case 'o': return take_operation(line);
            case 'x': return take_error(line);
            case 't': return take_structure(line);
            case 'L': return take_list(line);
            case 'm': return take_map(line);
            default: return take_scalar(word.front(), line);
        }
    }

    void take_fact(std::string_view name, std::string_view value) {
        if (name == "title") model_.title_ = value;
        if (name == "json") model_.json_version_ = value;
        if (name == "target") model_.target_prefix_ = value;
        if (name == "version") model_.version_ = value;
        if (name == "namespace") model_.xml_namespace_ = value;
        if (name != "protocol") return;
        const auto protocol = protocol_named(value);
        ONPUT_CHECK(protocol.has_value());
        model_.protocol_ = *protocol;
    }

    // The shape of that name, described or not yet; "$s" stands for itself.
    Shape* shape_named(std::string_view name) {
        const auto found = own_shapes_.find(name);
        if (found != own_shapes_.end()) return found->second;
        Shape& shape = model_.shapes_.emplace_back();
        if (name.front() == '$') {
            shape.name = name;
            const auto kind = scalar_kind(name.back());
            ONPUT_CHECK(kind.has_value());
            shape.kind = *kind;
        }
        own_shapes_.emplace(name, &shape);
        model_.shapes_by_name_.emplace(name, &shape);
        return &shape;
    }
    const Shape* shape_or_none(std::string_view name) {
        return name == "-" ? nullptr : shape_named(name);
    }

    Shape& begin_shape(std::string_view name, Kind kind) {
        current_ = shape_named(name);
        current_->name = name;
        current_->kind = kind;
        return *current_;
    }

    void take_scalar(char letter, std::string_view line) {
        const auto kind = scalar_kind(letter);
        ONPUT_CHECK(kind.has_value());
        Shape& shape = begin_shape(take_until(line, ' '), *kind);
        while (!line.empty()) {
            const Flag flag = flag_in(take_until(line, ' '));
            if (flag.letter == 't') shape.timestamp_form = flag.value;
            take_limit(shape, flag);
        }
    }

    void take_structure(std::string_view line) {
        Shape& shape = begin_shape(take_until(line, ' '), Kind::structure);
        while (!line.empty()) {
            const std::string_view word = take_until(line, ' ');
            if (word == "any") shape.kind = Kind::any;
            if (word.starts_with("n:")) shape.element = word.substr(2);
        }
    }

    void take_list(std::string_view line) {
        Shape& shape = begin_shape(take_until(line, ' '), Kind::list);
        shape.item = shape_named(take_until(line, ' '));
        shape.item_name = "member";
        while (!line.empty()) {
            const Flag flag = flag_in(take_until(line, ' '));
            if (flag.letter == 'f') shape.is_flattened = true;
            if (flag.letter == 'e') shape.item_name = shape.element = flag.value;
            take_limit(shape, flag);
        }
    }

    void take_map(std::string_view line) {
        Shape& shape = begin_shape(take_until(line, ' '), Kind::map);
        shape.key = shape_named(take_until(line, ' '));
        shape.item = shape_named(take_until(line, ' '));
        shape.key_name = "key";
        shape.value_name = "value";
        while (!line.empty()) {
            const Flag flag = flag_in(take_until(line, ' '));
            if (flag.letter == 'f') shape.is_flattened = true;
            if (flag.letter == 'n') shape.element = flag.value;
            if (flag.letter == 'k') shape.key_name = flag.value;
            if (flag.letter == 'v') shape.value_name = flag.value;
            take_limit(shape, flag);
        }
    }

    void take_member(std::string_view line) {
        ONPUT_CHECK(current_ != nullptr);
        Member member{.name = take_until(line, ' ')};
        member.shape = shape_named(take_until(line, ' '));
        member.wire_name = member.name;
        while (!line.empty()) {
            const Flag flag = flag_in(take_until(line, ' '));
            if (flag.letter == '!') member.is_required = true;
            if (flag.letter == 'p') member.is_payload = true;
            if (flag.letter == 'f') member.is_flattened = true;
            if (flag.letter == 'a') member.is_attribute = true;
            if (flag.value.empty()) continue;
            member.wire_name = flag.value;
            member.place = place_of(flag.letter);
        }
        current_->members.push_back(member);
    }

    void take_choices(std::string_view line) {
        ONPUT_CHECK(current_ != nullptr);
        while (!line.empty()) current_->choices.push_back(take_until(line, '\t'));
    }

    void take_operation(std::string_view line) {
        Operation& operation = model_.operations_.emplace_back();
        operation.name = take_until(line, ' ');
        operation.method = take_until(line, ' ');
        operation.uri = take_until(line, ' ');
        operation.input = shape_or_none(take_until(line, ' '));
        operation.output = shape_or_none(take_until(line, ' '));
        while (!line.empty()) {
            const Flag flag = flag_in(take_until(line, ' '));
            if (flag.letter == 'c') operation.status = static_cast<int>(number_in(flag.value));
            if (flag.letter == 'w') operation.result_element = flag.value;
            if (flag.letter == 'n') operation.root_element = flag.value;
        }
        model_.operations_by_name_.emplace(operation.name, &operation);
    }

    void take_error(std::string_view line) {
        ErrorShape& error = model_.errors_.emplace_back();
        error.name = take_until(line, ' ');
        error.status = static_cast<int>(number_in(take_until(line, ' ')));
        error.code = line;
        // The first of several with one code counts, as with its own name.
        auto& names = model_.errors_by_name_;
        names.insert_or_assign(error.name, &error);
        names.emplace(error.code, &error);
        if (error.name.ends_with(exception_suffix))
            names.emplace(error.name.substr(0, error.name.size() - exception_suffix.size()),
                          &error);
    }

    static void sort_members(Shape& shape) {
        shape.by_name.resize(shape.members.size());
        std::iota(shape.by_name.begin(), shape.by_name.end(), std::uint16_t{0});
        std::ranges::sort(shape.by_name, {},
                          [&shape](std::uint16_t index) { return shape.members[index].name; });
    }

    Model& model_;
    std::map<std::string_view, Shape*> own_shapes_;
    Shape* current_ = nullptr;  // What the line before described.
};

const Member* Shape::find_member(std::string_view member) const {
    const auto name_of = [this](std::uint16_t index) { return members[index].name; };
    const auto found = std::ranges::lower_bound(by_name, member, {}, name_of);
    return found != by_name.end() && name_of(*found) == member ? &members[*found] : nullptr;
}

Model::Model(std::string_view table) {
    TableParser(*this).parse(table);
}

const Operation* Model::find_operation(std::string_view name) const {
    const auto found = operations_by_name_.find(name);
    return found != operations_by_name_.end() ? found->second : nullptr;
}

const Shape* Model::find_shape(std::string_view name) const {
    const auto found = shapes_by_name_.find(name);
    return found != shapes_by_name_.end() ? found->second : nullptr;
}

const ErrorShape* Model::find_error(std::string_view name) const {
    const auto found = errors_by_name_.find(name);
    return found != errors_by_name_.end() ? found->second : nullptr;
}

bool is_flattened(const Member& member) {
    return member.is_flattened || member.shape->is_flattened;
}

std::string_view wire_name_of(const Member& member) {
    if (member.shape->kind == Kind::list) {
        const bool is_items = is_flattened(member) && !member.shape->element.empty();
        return is_items ? member.shape->element : member.wire_name;
    }
    const bool is_named = member.wire_name.data() != member.name.data();
    return is_named || member.shape->element.empty() ? member.wire_name : member.shape->element;
}

}  // namespace onput::gateway::aws
