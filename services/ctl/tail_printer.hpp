// TailPrinter: a record of the journal as `onput tail` shows it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/notifier.hpp"
#include "services/ctl/record_body.hpp"

namespace onput::ctl {

enum class TailFormat : std::uint8_t { pretty, json, cloud_event, text_template };

struct TailLook {
    std::string format = {};         // pretty, json, jsonl, cloudevent or template.
    std::string text_template = {};  // "{time} {type} {bucket}/{key}"; "{{" and "}}" are braces.
    bool is_coloured = false;
    std::size_t columns = 0;  // Of the terminal; 0: it is none, and lines are whole.
};

class TailPrinter {
public:
    // invalid_argument: a format that there is not, a template without its text, a field of it that
    // there is not, or a brace that nothing closes.
    static Result<TailPrinter> make(const TailLook& look);

    // One line, without its end. What comes from others is made printable, but for JSON, which
    // escapes it itself.
    [[nodiscard]] std::string line(const schema::JournalRecord& record,
                                   const RecordBody& body) const;

private:
    // A text as it is, or a field.
    struct Piece {
        std::string text;
        bool is_field = false;
    };
    static Result<std::vector<Piece>> parse_template(std::string_view text);

    TailFormat format_ = TailFormat::pretty;
    std::vector<Piece> pieces_;
    bool is_coloured_ = false;
    std::size_t columns_ = 0;
};

// "sequence, time, ...": the fields of a template.
std::string template_fields();

}  // namespace onput::ctl
