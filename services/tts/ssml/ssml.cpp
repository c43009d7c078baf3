#include "services/tts/ssml/ssml.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/speech/lexicon.hpp"
#include "common/speech/phonemes.hpp"
#include "services/tts/ssml/say_as.hpp"
#include "services/tts/ssml/values.hpp"

namespace onput::tts {
namespace {

using speech::XmlNode;

std::unexpected<Error> refuse(std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("Invalid SSML request: {}", what),
                "InvalidSsmlException");
}

std::unexpected<Error> refuse_value(const XmlNode& node, std::string_view attribute) {
    return refuse(fmt::format("<{}> cannot have {}=\"{}\"", node.name, attribute,
                              node.attribute(attribute).value_or("").substr(0, 64)));
}

// What a neural voice of Polly refuses, as it refuses it.
Result<void> check_neural(const XmlNode& node) {
    static constexpr std::array<std::string_view, 3> tags{"emphasis", "amazon:auto-breaths",
                                                          "amazon:breath"};
    static constexpr auto attributes = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"prosody", "pitch"},
         {"prosody", "amazon:max-duration"},
         {"amazon:effect", "phonation"},
         {"amazon:effect", "vocal-tract-length"}});
    const auto refuse_feature = [](std::string_view feature) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Unsupported Neural feature: {}", feature), "InvalidSsmlException");
    };
    if (std::ranges::find(tags, node.name) != tags.end())
        return refuse_feature(fmt::format("<{}>", node.name));
    for (const auto& [tag, attribute] : attributes) {
        if (node.name == tag && node.attribute(attribute))
            return refuse_feature(fmt::format("<{} {}>", tag, attribute));
    }
    if (node.name == "amazon:effect" && node.attribute("name").value_or("") == "whispered")
        return refuse_feature("<amazon:effect name=\"whispered\">");
    return {};
}

class Reader {
public:
    Reader(SsmlTags tags, std::string_view language) : tags_(tags), language_(language) {}

    Result<Pieces> read(const XmlNode& root) {
        if (root.name != "speak") {
            return refuse(fmt::format("the document is a <{}>, not a <speak>", root.name));
        }
        ONPUT_TRY_VOID(check_attributes(root, {"version", "xml:lang"}));
        Style style;
        ONPUT_TRY_VOID(read_children(root, with_language(root, style)));
        return std::move(result_);
    }

private:
    using Read = Result<void> (Reader::*)(const XmlNode&, const Style&);
    struct Element {
        std::string_view name;
        Read read;
    };
    static std::span<const Element> elements();

    static Result<void> check_attributes(const XmlNode& node,
                                         std::initializer_list<std::string_view> known) {
        for (const auto& [name, value] : node.attributes) {
            if (name.starts_with("xmlns") || name.starts_with("xsi:")) continue;
            if (std::ranges::find(known, name) == known.end()) {
                return refuse(fmt::format("<{}> has no attribute '{}'", node.name, name));
            }
        }
        return {};
    }

    static Result<void> check_empty(const XmlNode& node) {
        for (const XmlNode& child : node.children) {
            if (!child.is_text() ||
                child.text.text().find_first_not_of(" \t\n") != std::string::npos) {
                return refuse(fmt::format("<{}> cannot have anything in it", node.name));
            }
        }
        return {};
    }

    static Style with_language(const XmlNode& node, Style style) {
        if (const auto language = node.attribute("xml:lang")) style.language = *language;
        return style;
    }

    // What is in a tag that holds text and nothing else.
    static Result<SourceText> text_of(const XmlNode& node) {
        SourceText text;
        for (const XmlNode& child : node.children) {
            if (!child.is_text()) {
                return refuse(fmt::format("<{}> does not belong into <{}>", child.name, node.name));
            }
            text.append(child.text);
        }
        return text;
    }

    Result<void> add(Piece piece) {
        if (result_.pieces.size() >= pieces_max) {
            return refuse(fmt::format("it has more than {} pieces", pieces_max));
        }
        if (piece.kind == PieceKind::pause) {
            pauses_ms_ += piece.duration_ms;
            if (pauses_ms_ > pauses_ms_max) {
                return refuse(
                    fmt::format("its pauses last longer than {} s together", pauses_ms_max / 1000));
            }
        }
        result_.pieces.push_back(std::move(piece));
        return {};
    }

    Result<void> read_children(const XmlNode& node, const Style& style) {
        for (const XmlNode& child : node.children) {
            if (child.is_text()) {
                ONPUT_TRY_VOID(add({.text = child.text, .style = style}));
                continue;
            }
            if (tags_ == SsmlTags::neural) ONPUT_TRY_VOID(check_neural(child));
            const auto known = elements();
            const auto found = std::ranges::find(known, child.name, &Element::name);
            if (found == known.end()) {
                return refuse(fmt::format("<{}> is not a tag of standard voices", child.name));
            }
            ONPUT_TRY_VOID((this->*found->read)(child, style));
        }
        return {};
    }

    Result<void> read_sentence(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"xml:lang"}));
        ONPUT_TRY_VOID(add({.kind = PieceKind::sentence_end}));
        ONPUT_TRY_VOID(read_children(node, with_language(node, style)));
        return add({.kind = PieceKind::sentence_end, .style = style});
    }

    Result<void> read_paragraph(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"xml:lang"}));
        ONPUT_TRY_VOID(add({.kind = PieceKind::sentence_end}));
        ONPUT_TRY_VOID(read_children(node, with_language(node, style)));
        return add({.kind = PieceKind::paragraph_end, .style = style});
    }

    Result<void> read_break(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"strength", "time"}));
        ONPUT_TRY_VOID(check_empty(node));
        const auto strength = read_break_strength(node.attribute("strength").value_or("medium"));
        if (!strength) return refuse_value(node, "strength");
        std::uint32_t pause = *strength;
        if (const auto time = node.attribute("time")) {
            const auto duration = read_duration(*time, break_ms_max);
            if (!duration) return refuse_value(node, "time");
            pause = *duration;
        }
        return add({.kind = PieceKind::pause, .style = style, .duration_ms = pause});
    }

    Result<void> read_emphasis_tag(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"level"}));
        const auto emphasis = read_emphasis(node.attribute("level").value_or("moderate"));
        if (!emphasis) return refuse_value(node, "level");
        Style inner = style;
        inner.prosody.rate *= emphasis->rate;
        inner.prosody.pitch *= emphasis->pitch;
        inner.prosody.volume_db += emphasis->volume_db;
        return read_children(node, inner);
    }

    Result<void> read_lang(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"xml:lang", "onlangfailure"}));
        if (node.attribute("xml:lang").value_or("").empty()) {
            return refuse("<lang> needs xml:lang");
        }
        return read_children(node, with_language(node, style));
    }

    Result<void> read_mark(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"name"}));
        ONPUT_TRY_VOID(check_empty(node));
        const auto name = node.attribute("name");
        if (!name || name->empty()) return refuse("<mark> needs a name");
        return add({.kind = PieceKind::mark,
                    .spoken = std::string(*name),
                    .style = style,
                    .source = node.source});
    }

    Result<void> read_phoneme(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"alphabet", "ph"}));
        const auto alphabet = speech::find_alphabet(node.attribute("alphabet").value_or("ipa"));
        if (!alphabet) return refuse_value(node, "alphabet");
        const auto ph = node.attribute("ph");
        if (!ph || ph->empty()) return refuse("<phoneme> needs ph");
        const auto ipa = *alphabet == speech::Alphabet::ipa ? std::optional(std::string(*ph))
                                                            : speech::x_sampa_to_ipa(*ph);
        if (!ipa || !speech::ipa_to_engine(*ipa)) return refuse_value(node, "ph");
        ONPUT_TRY(SourceText text, text_of(node));
        return add({.kind = PieceKind::phonemes,
                    .text = std::move(text),
                    .spoken = *ipa,
                    .style = style,
                    .source = node.source});
    }

    Result<void> read_prosody(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"volume", "rate", "pitch", "amazon:max-duration"}));
        if (node.attributes.empty()) return refuse("<prosody> needs an attribute");
        Style inner = style;
        if (const auto text = node.attribute("rate")) {
            const auto rate = read_rate(*text);
            if (!rate) return refuse_value(node, "rate");
            inner.prosody.rate = std::clamp(style.prosody.rate * *rate, 0.2, 2.5);
        }
        if (const auto text = node.attribute("pitch")) {
            const auto pitch = read_pitch(*text);
            if (!pitch) return refuse_value(node, "pitch");
            inner.prosody.pitch = std::clamp(style.prosody.pitch * *pitch, 0.5, 2.0);
        }
        if (const auto text = node.attribute("volume")) {
            const auto volume = read_volume(*text);
            if (!volume) return refuse_value(node, "volume");
            inner.prosody.is_silent = volume->is_silent;
            inner.prosody.volume_db =
                volume->decibels + (volume->is_absolute ? 0 : style.prosody.volume_db);
        }
        if (const auto text = node.attribute("amazon:max-duration")) {
            const auto limit = read_duration(*text, max_duration_ms_max);
            if (!limit || *limit == 0) return refuse_value(node, "amazon:max-duration");
            if (style.limit != 0) return refuse("amazon:max-duration cannot be nested");
            result_.limits_ms.push_back(*limit);
            inner.limit = static_cast<std::uint32_t>(result_.limits_ms.size());
        }
        return read_children(node, inner);
    }

    Result<void> read_say_as(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"interpret-as", "format"}));
        const auto interpret_as = node.attribute("interpret-as");
        if (!interpret_as) return refuse("<say-as> needs interpret-as");
        ONPUT_TRY(SourceText text, text_of(node));
        auto spoken = say_as({.interpret_as = *interpret_as,
                              .format = node.attribute("format").value_or(""),
                              .language = style.language.empty() ? language_ : style.language},
                             text.text());
        if (!spoken) return refuse(spoken.error().message);
        return add({.text = std::move(text), .spoken = *std::move(spoken), .style = style});
    }

    Result<void> read_sub(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"alias"}));
        const auto alias = node.attribute("alias");
        if (!alias) return refuse("<sub> needs an alias");
        ONPUT_TRY(SourceText text, text_of(node));
        // An empty alias says nothing, and not the text.
        std::string spoken(alias->empty() ? " " : *alias);
        return add({.text = std::move(text), .spoken = std::move(spoken), .style = style});
    }

    Result<void> read_word(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"role"}));
        const auto role = node.attribute("role");
        if (!role) return refuse("<w> needs a role");
        ONPUT_TRY(SourceText text, text_of(node));
        auto ipa = word_by_role(trimmed(text.text()), *role);
        if (!ipa) return refuse_value(node, "role");
        const auto kind = ipa->empty() ? PieceKind::text : PieceKind::phonemes;
        return add({.kind = kind, .text = std::move(text), .spoken = *ipa, .style = style});
    }

    Result<void> read_breath(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"duration", "volume"}));
        ONPUT_TRY_VOID(check_empty(node));
        const auto duration = read_breath_duration(node.attribute("duration").value_or("default"));
        if (!duration) return refuse_value(node, "duration");
        const auto volume = read_breath_volume(node.attribute("volume").value_or("default"));
        if (!volume) return refuse_value(node, "volume");
        Style breath = style;
        breath.prosody.volume_db += *volume;
        return add({.kind = PieceKind::breath, .style = breath, .duration_ms = *duration});
    }

    Result<void> read_auto_breaths(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"volume", "frequency", "duration"}));
        const auto volume = read_breath_volume(node.attribute("volume").value_or("default"));
        if (!volume) return refuse_value(node, "volume");
        const auto duration = read_breath_duration(node.attribute("duration").value_or("default"));
        if (!duration) return refuse_value(node, "duration");
        const auto every = read_breath_frequency(node.attribute("frequency").value_or("default"));
        if (!every) return refuse_value(node, "frequency");
        Style inner = style;
        inner.auto_breath = {.every = *every, .duration_ms = *duration, .volume_db = *volume};
        return read_children(node, inner);
    }

    Result<void> read_effect(const XmlNode& node, const Style& style) {
        ONPUT_TRY_VOID(check_attributes(node, {"name", "phonation", "vocal-tract-length"}));
        if (node.attributes.empty()) return refuse("<amazon:effect> needs an attribute");
        Style inner = style;
        if (const auto name = node.attribute("name")) {
            if (*name != "drc" && *name != "whispered") return refuse_value(node, "name");
            (*name == "drc" ? inner.is_compressed : inner.is_whispered) = true;
        }
        if (const auto phonation = node.attribute("phonation")) {
            if (*phonation != "soft") return refuse_value(node, "phonation");
            inner.is_soft = true;
        }
        if (const auto length = node.attribute("vocal-tract-length")) {
            const auto factor = read_vocal_tract(*length);
            if (!factor) return refuse_value(node, "vocal-tract-length");
            inner.vocal_tract = *factor;
        }
        return read_children(node, inner);
    }

    SsmlTags tags_;
    std::string language_;
    Pieces result_;
    std::uint32_t pauses_ms_ = 0;
};

std::span<const Reader::Element> Reader::elements() {
    static constexpr auto known = std::to_array<Element>({
        {"break", &Reader::read_break},
        {"emphasis", &Reader::read_emphasis_tag},
        {"lang", &Reader::read_lang},
        {"mark", &Reader::read_mark},
        {"p", &Reader::read_paragraph},
        {"phoneme", &Reader::read_phoneme},
        {"prosody", &Reader::read_prosody},
        {"s", &Reader::read_sentence},
        {"say-as", &Reader::read_say_as},
        {"sub", &Reader::read_sub},
        {"w", &Reader::read_word},
        {"amazon:auto-breaths", &Reader::read_auto_breaths},
        {"amazon:breath", &Reader::read_breath},
        {"amazon:effect", &Reader::read_effect},
    });
    return known;
}

}  // namespace

Result<Pieces> parse_ssml(std::string_view ssml, SsmlTags tags, std::string_view language) {
    const auto root = speech::read_xml_tree(ssml);
    if (!root) return refuse(root.error().message);
    return Reader(tags, language).read(*root);
}

Pieces plain_pieces(std::string text) {
    Pieces result;
    result.pieces.push_back({.text = SourceText::plain(std::move(text))});
    return result;
}

std::uint64_t count_spoken_characters(const Pieces& pieces) {
    std::uint64_t characters = 0;
    for (const Piece& piece : pieces.pieces) {
        characters += count_characters(piece.text.text());
    }
    return characters;
}

}  // namespace onput::tts
