#include "common/json/writer.hpp"

#include <cmath>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/json_string.hpp"

namespace onput::json {
namespace {

class IndentedText {
public:
    explicit IndentedText(std::size_t indent) : indent_(indent) {}

    void add(const Value& value) {
        if (const auto* object = value.object(); object != nullptr && !object->empty()) {
            add_all('{', *object, '}', [this](const Member& member) {
                append_json_string(out_, member.name);
                out_ += ": ";
                add(member.value);
            });
        } else if (const auto* array = value.array(); array != nullptr && !array->empty()) {
            add_all('[', *array, ']', [this](const Value& item) { add(item); });
        } else {
            out_ += write(value);
        }
    }
    std::string take() { return std::move(out_); }

private:
    template <typename Range, typename Add>
    void add_all(char opens, const Range& range, char closes, Add add_one) {
        char before = opens;
        ++depth_;
        for (const auto& one : range) {
            out_ += before;
            before = ',';
            break_line();
            add_one(one);
        }
        --depth_;
        break_line();
        out_ += closes;
    }
    void break_line() {
        out_ += '\n';
        out_.append(depth_ * indent_, ' ');
    }

    std::size_t indent_;
    std::size_t depth_ = 0;
    std::string out_;
};

}  // namespace

void Writer::separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
}

void Writer::begin_object() {
    separate();
    out_ += '{';
    needs_comma_ = false;
}
void Writer::end_object() {
    out_ += '}';
    needs_comma_ = true;
}
void Writer::begin_array() {
    separate();
    out_ += '[';
    needs_comma_ = false;
}
void Writer::end_array() {
    out_ += ']';
    needs_comma_ = true;
}
void Writer::name(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    needs_comma_ = false;
}
void Writer::null() {
    separate();
    out_ += "null";
}
void Writer::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
}
void Writer::integer(std::int64_t value) {
    separate();
    out_ += fmt::format_int(value).c_str();
}
void Writer::natural(std::uint64_t value) {
    separate();
    out_ += fmt::format_int(value).c_str();
}
void Writer::real(double value) {
    if (!std::isfinite(value)) return null();
    separate();
    // "-0" would be read back as the integer 0.
    out_ += fmt::format("{}", value == 0 ? 0.0 : value);
}
void Writer::text(std::string_view value) {
    separate();
    append_json_string(out_, value);
}
void Writer::text_or_base64(std::string_view value) {
    if (is_utf8(value)) return text(value);
    separate();
    out_ += fmt::format(R"({{"base64":"{}"}})", to_base64(value));
}

void Writer::value(const Value& value) {
    if (const auto* held = value.text()) {
        text(*held);
    } else if (const auto* flag = value.flag()) {
        boolean(*flag);
    } else if (const auto* number = value.integer()) {
        integer(*number);
    } else if (const auto* array = value.array()) {
        begin_array();
        for (const Value& item : *array) this->value(item);
        end_array();
    } else if (const auto* object = value.object()) {
        begin_object();
        for (const Member& member : *object) {
            name(member.name);
            this->value(member.value);
        }
        end_object();
    } else if (const auto other = value.real()) {
        real(*other);
    } else {
        null();
    }
}

std::string write(const Value& value) {
    Writer out;
    out.value(value);
    return out.take();
}

std::string write_indented(const Value& value, std::size_t indent) {
    IndentedText text(indent);
    text.add(value);
    return text.take();
}

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace onput::json
