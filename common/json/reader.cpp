#include "common/json/reader.hpp"

#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/printable.hpp"

namespace onput::json {
namespace {

using Parser = nlohmann::json;

// An object or array that is not closed yet.
struct Open {
    bool is_object = false;
    Value::Array items;
    std::vector<Member> members;
    std::string name;  // Of the member that is being read.
};

// Its functions are named by the parser, which stops when one returns false.
class TreeBuilder {
public:
    explicit TreeBuilder(const ReadLimits& limits) : limits_(limits) {}

    bool null() { return add({}); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(Parser::number_integer_t value) { return add(value); }
    bool number_unsigned(Parser::number_unsigned_t value) { return add(value); }
    bool number_float(Parser::number_float_t value, const Parser::string_t& /*written*/) {
        return add(value);
    }
    bool string(Parser::string_t& value) { return add(std::move(value)); }
    bool binary(Parser::binary_t& /*value*/) { return false; }  // JSON has none.
    bool start_object(std::size_t /*elements*/) { return open({.is_object = true}); }
    bool start_array(std::size_t /*elements*/) { return open({}); }
    bool key(Parser::string_t& name) {
        open_.back().name = std::move(name);
        return true;
    }
    bool end_object() {
        Open closed = close();
        if (limits_.repeated == Repeated::refused) {
            if (const std::string* name = find_repeated_name(closed.members))
                return refuse({.kind = ReadError::Kind::repeated, .name = *name, .path = path()});
        }
        place(Object(std::move(closed.members)));
        return true;
    }
    bool end_array() {
        place(close().items);
        return true;
    }
    bool parse_error(std::size_t byte, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*why*/) {
        return refuse({.kind = ReadError::Kind::syntax, .byte = byte});
    }

    Value take() { return std::move(root_); }
    [[nodiscard]] const ReadError& error() const { return error_; }

private:
    bool refuse(ReadError error) {
        error_ = std::move(error);
        return false;
    }

    // Of what is open: an object that is closed by now is where the next value goes.
    [[nodiscard]] std::string path() const {
        std::string text;
        for (const Open& open : open_) {
            if (open.is_object) {
                fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ".",
                               open.name);
            } else {
                fmt::format_to(std::back_inserter(text), "[{}]", open.items.size());
            }
        }
        return text;
    }

    // The whole document is one value and counts for nothing.
    bool count() {
        if (open_.empty() || ++values_ <= limits_.values_max) return true;
        return refuse({.kind = ReadError::Kind::values, .limit = limits_.values_max});
    }

    void place(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (Open& parent = open_.back(); parent.is_object) {
            parent.members.push_back({.name = std::move(parent.name), .value = std::move(value)});
        } else {
            parent.items.push_back(std::move(value));
        }
    }

    bool add(Value value) {
        if (!count()) return false;
        place(std::move(value));
        return true;
    }

    bool open(Open opened) {
        if (!count()) return false;
        if (open_.size() >= limits_.depth_max)
            return refuse({.kind = ReadError::Kind::depth, .limit = limits_.depth_max});
        open_.push_back(std::move(opened));
        return true;
    }

    Open close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        return closed;
    }

    const ReadLimits& limits_;
    std::vector<Open> open_;
    std::size_t values_ = 0;
    Value root_;
    ReadError error_;
};

// As `printable` has it, short. Not cut within a character: the bytes that continue one start with
// the bits 10.
std::string shown(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return printable(text);
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80)
        --bytes_max;
    return printable(text.substr(0, bytes_max)) + "...";
}

}  // namespace

std::expected<Value, ReadError> read(std::string_view text, const ReadLimits& limits) {
    TreeBuilder builder(limits);
    if (!Parser::sax_parse(text, &builder)) return std::unexpected(builder.error());
    return builder.take();
}

std::string explain(const ReadError& error) {
    switch (error.kind) {
        case ReadError::Kind::syntax:
            return fmt::format("not JSON: mistake at byte {}", error.byte);
        case ReadError::Kind::depth:
            return fmt::format("nested deeper than {} levels", error.limit);
        case ReadError::Kind::values: return fmt::format("more than {} values", error.limit);
        case ReadError::Kind::repeated: break;
    }
    return fmt::format("{}{}'{}' is given twice", shown(error.path, explained_path_bytes_max),
                       error.path.empty() ? "" : ": ", shown(error.name, explained_name_bytes_max));
}

}  // namespace onput::json
