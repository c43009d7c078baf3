#include "services/tts/prose/epub_package.hpp"

#include <algorithm>
#include <functional>
#include <libxml/parser.h>
#include <map>
#include <memory>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t items_max = 10'000;

std::unexpected<Error> bad(std::string what) {
    return fail(ErrorCode::invalid_argument, "this is no EPUB that can be read: " + std::move(what),
                "bad_epub");
}

std::string_view view_of(const xmlChar* text) {
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

using Attributes = std::map<std::string, std::string, std::less<>>;

std::string text_of(const Attributes& attributes, std::string_view name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string() : found->second;
}

// As SAX has it: an ampersand is "&#38;" there.
std::string unescaped(std::string_view value) {
    constexpr std::string_view ampersand = "&#38;";
    std::string text(value);
    for (std::size_t at = text.find(ampersand); at != std::string::npos;
         at = text.find(ampersand, at + 1)) {
        text.replace(at, ampersand.size(), "&");
    }
    return text;
}

// Elements by their local names, in the order of the document.
using OnElement = std::function<void(std::string_view name, const Attributes& attributes)>;

void begin_element(void* self, const xmlChar* name, const xmlChar*, const xmlChar*, int,
                   const xmlChar**, int count, int, const xmlChar** raw) {
    constexpr int members = 5;  // Local name, prefix, namespace, value, and where that ends.
    Attributes attributes;
    for (int i = 0; i < count; ++i, raw += members) {
        const std::string_view value(reinterpret_cast<const char*>(raw[3]),
                                     static_cast<std::size_t>(raw[4] - raw[3]));
        attributes.emplace(view_of(raw[0]), unescaped(value));
    }
    (*static_cast<const OnElement*>(self))(view_of(name), attributes);
}

Result<void> for_each_element(std::string_view xml, std::string_view what, OnElement on_element) {
    xmlSAXHandler handler{};
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = begin_element;
    const std::unique_ptr<xmlParserCtxt, decltype(&::xmlFreeParserCtxt)> parser(
        ::xmlCreatePushParserCtxt(&handler, &on_element, nullptr, 0, nullptr),
        &::xmlFreeParserCtxt);
    if (!parser) return fail(ErrorCode::internal, "make a parser of XML");
    ::xmlCtxtUseOptions(parser.get(), XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const int status = ::xmlParseChunk(parser.get(), xml.data(), static_cast<int>(xml.size()), 1);
    // A document that the parser made beside the handler.
    if (parser->myDoc != nullptr) ::xmlFreeDoc(parser->myDoc);
    parser->myDoc = nullptr;
    if (status == XML_ERR_OK) return {};
    return bad(std::string(what) + " is not well-formed XML");
}

struct Item {
    std::string href;
    std::string media_type;
    std::string properties;
};

bool is_chapter(const Item& item) {
    const bool is_text = item.media_type == "application/xhtml+xml" ||
                         item.media_type == "text/html" ||
                         item.media_type == "application/x-dtbook+xml";
    return is_text && !(" " + item.properties + " ").contains(" nav ");
}

}  // namespace

std::string resolve_href(std::string_view href, std::string_view path) {
    href = href.substr(0, href.find('#'));
    const std::string decoded = percent_decode(href).value_or(std::string(href));
    if (decoded.empty() || decoded.contains(':') || decoded.contains('\0')) return {};
    const std::size_t slash = path.rfind('/');
    std::string folder(path.substr(0, slash == std::string_view::npos ? 0 : slash));
    std::vector<std::string> parts;
    const std::string whole = decoded.starts_with('/') ? decoded : folder + "/" + decoded;
    for (std::string_view rest = whole; !rest.empty();) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.emplace_back(part);
        } else if (parts.empty()) {
            return {};
        } else {
            parts.pop_back();
        }
    }
    std::string resolved;
    for (const std::string& part : parts) resolved += (resolved.empty() ? "" : "/") + part;
    return resolved;
}

Result<std::string> find_package(std::string_view container) {
    std::string path;
    ONPUT_TRY_VOID(for_each_element(container, "META-INF/container.xml",
                                    [&path](std::string_view name, const auto& attributes) {
                                        if (name == "rootfile" && path.empty())
                                            path =
                                                resolve_href(text_of(attributes, "full-path"), "");
                                    }));
    if (path.empty()) return bad("META-INF/container.xml names no package");
    return path;
}

Result<std::vector<std::string>> find_chapters(std::string_view package, std::string_view path) {
    std::map<std::string, Item, std::less<>> items;
    std::vector<std::string> spine;
    ONPUT_TRY_VOID(for_each_element(
        package, "its package", [&](std::string_view name, const auto& attributes) {
            if (name == "item" && items.size() < items_max) {
                items.emplace(text_of(attributes, "id"),
                              Item{.href = text_of(attributes, "href"),
                                   .media_type = lower_case(text_of(attributes, "media-type")),
                                   .properties = text_of(attributes, "properties")});
            }
            if (name == "itemref" && text_of(attributes, "linear") != "no" &&
                spine.size() < items_max) {
                spine.push_back(text_of(attributes, "idref"));
            }
        }));
    std::vector<std::string> chapters;
    for (const std::string& id : spine) {
        const auto item = items.find(id);
        if (item == items.end()) return bad("its spine names '" + id + "', which it does not have");
        if (!is_chapter(item->second)) continue;
        std::string chapter = resolve_href(item->second.href, path);
        if (chapter.empty()) return bad("its spine names a file outside of it");
        chapters.push_back(std::move(chapter));
    }
    if (chapters.empty()) return bad("its spine has no text");
    return chapters;
}

Result<std::set<std::string, std::less<>>> find_encrypted(std::string_view encryption) {
    std::set<std::string, std::less<>> encrypted;
    ONPUT_TRY_VOID(
        for_each_element(encryption, "META-INF/encryption.xml",
                         [&encrypted](std::string_view name, const auto& attributes) {
                             if (name == "CipherReference" && encrypted.size() < items_max)
                                 encrypted.insert(resolve_href(text_of(attributes, "URI"), ""));
                         }));
    return encrypted;
}

}  // namespace onput::tts
