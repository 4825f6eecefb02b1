package org.rbench.sample

import java.text.Normalizer

/** The items by their titles, to be searched. Index 0 is padding and no item. */
class Catalogue(private val ids: List<String>, private val titles: List<String>) {
    private val plain = titles.mapIndexed { at, title -> plain(title.ifEmpty { ids[at] }) }
    private val index = ids.withIndex().drop(1).associate { (at, id) -> id to at }

    /** What an item is called; its id where it has no title. */
    fun title(id: String): String = index[id]?.let { titles[it].ifEmpty { id } } ?: id

    /**
     * Ids of the items whose title holds every word of the query, whatever its case and accents;
     * those first whose title begins with it, then in the catalogue's order.
     */
    fun search(query: String, most: Int = 50): List<String> {
        val words = plain(query).split(' ').filter { it.isNotEmpty() }
        if (words.isEmpty()) return emptyList()
        val whole = words.joinToString(" ")
        return (1 until plain.size)
            .filter { at -> words.all { it in plain[at] } }
            .sortedBy { at -> if (plain[at].startsWith(whole)) 0 else 1 }
            .take(most)
            .map { ids[it] }
    }

    private fun plain(text: String): String =
        Normalizer.normalize(text, Normalizer.Form.NFD)
            .replace(MARKS, "")
            .lowercase()
            .replace(GAPS, " ")
            .trim()

    private companion object {
        val MARKS = Regex("\\p{Mn}+")
        val GAPS = Regex("[^\\p{L}\\p{N}]+")
    }
}
