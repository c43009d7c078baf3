#include "services/tts/book/messages.hpp"

#include <algorithm>

namespace onput::tts {
namespace {

// The deepest level with which there are no more chapters than fit; 1 when not even those fit.
std::uint32_t deepest_level(const std::vector<Chapter>& all) {
    std::uint32_t deepest = 1;
    for (std::uint32_t level = 2; level <= 6; ++level) {
        const auto count = std::ranges::count_if(
            all, [level](const Chapter& chapter) { return chapter.level <= level; });
        if (std::cmp_greater(count, book_chapters_max)) break;
        deepest = level;
    }
    return deepest;
}

void keep_what_fits(std::vector<Chapter>& chapters) {
    const std::uint32_t deepest = deepest_level(chapters);
    std::erase_if(chapters, [deepest](const Chapter& chapter) { return chapter.level > deepest; });
    if (chapters.size() > book_chapters_max) chapters.resize(book_chapters_max);
}

}  // namespace

std::vector<std::uint64_t> offsets_of(std::span<const Heading> headings) {
    std::vector<std::uint64_t> offsets;
    offsets.reserve(headings.size());
    for (const Heading& heading : headings) offsets.push_back(heading.offset);
    return offsets;
}

std::vector<std::uint64_t> headings_within(std::span<const std::uint64_t> all,
                                           const PartRange& part) {
    std::vector<std::uint64_t> within;
    for (auto at = std::ranges::lower_bound(all, part.begin);
         at != all.end() && *at < part.end && within.size() < part_chapters_max; ++at) {
        within.push_back(*at - part.begin);
    }
    return within;
}

std::vector<Chapter> choose_chapters(std::span<const Heading> headings,
                                     const std::vector<PartRange>& parts) {
    std::vector<Chapter> chapters;
    std::uint32_t part = 0;
    std::uint32_t in_part = 0;
    for (const Heading& heading : headings) {
        while (part < parts.size() && heading.offset >= parts[part].end) {
            ++part;
            in_part = 0;
        }
        if (part == parts.size()) break;
        const std::uint32_t number = in_part++;
        if (number >= part_chapters_max) continue;
        chapters.push_back(
            {.part = part, .heading = number, .level = heading.level, .title = heading.title});
    }
    keep_what_fits(chapters);
    return chapters;
}

std::vector<Chapter> choose_chapters(std::span<const Heading> headings) {
    std::vector<Chapter> chapters;
    for (const Heading& heading : headings) {
        chapters.push_back({.heading = static_cast<std::uint32_t>(chapters.size()),
                            .level = heading.level,
                            .title = heading.title});
    }
    keep_what_fits(chapters);
    return chapters;
}

}  // namespace onput::tts
