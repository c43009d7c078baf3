// The two files that say what an EPUB has to be read, and in which order. Pure; hostile bytes give
// an error, and nothing outside of them is looked at.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::tts {

// Of META-INF/container.xml: the package's path in the archive. `bad_epub`.
Result<std::string> find_package(std::string_view container);

// Of the package, which lies at `path`: the paths of the documents of its spine, in their order,
// but for auxiliary ones and the table of contents. `bad_epub`.
Result<std::vector<std::string>> find_chapters(std::string_view package, std::string_view path);

// Of META-INF/encryption.xml: the paths of the files that are encrypted, or whose letters are
// shuffled. `bad_epub`.
Result<std::set<std::string, std::less<>>> find_encrypted(std::string_view encryption);

// `href`, percent-encoded and with a fragment, of a document in the folder of `path`: a path in the
// archive. Empty: it leads out of it, or elsewhere.
std::string resolve_href(std::string_view href, std::string_view path);

}  // namespace onput::tts
