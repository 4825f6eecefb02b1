/*
 * Bundles on a JVM, order by order: each line of standard input is a bundle, a tab and what to do;
 * each answer is one line.
 *
 *   bundle TAB selftest                      problems, separated by " | "; empty: none
 *   bundle TAB recommend TAB 1,2,3 TAB 10    items;ids;titles;scores;unknown;missing; columns as JSON
 *                                            may follow
 *   bundle TAB beside TAB 1,2,3 TAB COLUMNS  what is fed beside the context: name=numbers;…
 *   bundle TAB recommendIds TAB a,b TAB 10   the same
 *   bundle TAB context TAB 1,2,3             what is fed
 *   bundle TAB learn TAB 1,2,3 TAB 7,8       the items after the session took these; what was learnt;
 *                                            the items once it is forgotten
 *   bundle TAB app TAB HISTORY TAB order …   the sample app without its screen, see App.kt
 */
package rbench

import java.io.File

fun main() {
    generateSequence(::readlnOrNull).forEach { line ->
        val words = line.split("\t")
        println(
            try {
                done(words)
            } catch (error: Exception) {
                "error: ${error.javaClass.simpleName}: ${error.message}"
            }.replace("\n", " "),
        )
    }
}

private fun done(words: List<String>): String {
    val read = Recommender.files(File(words[0]))
    if (words[1] == "selftest") return Recommender.selftest(read = read).joinToString(" | ")
    if (words[1] == "app") return App(File(words[0]), File(words[2])).run(words.drop(3))
    Recommender.open(read = read).use { recommender ->
        val given = words[2].split(",").filter { it.isNotEmpty() }
        return when (words[1]) {
            "context" -> recommender.context(given.map { it.toInt() }).joinToString(",")
            "recommend" -> told(
                recommender.recommend(
                    given.map { it.toInt() }, words[3].toInt(), columns = columns(words.getOrNull(4)),
                ),
            )
            "beside" -> fed(recommender.beside(given.map { it.toInt() }, null, 0, columns(words[3])))
            "recommendIds" -> told(recommender.recommendIds(given, words[3].toInt()))
            "learn" -> learnt(recommender, given.map { it.toInt() }, words[3].split(",").map { it.toInt() })
            else -> throw IllegalArgumentException("no such order: ${words[1]}")
        }
    }
}

private fun columns(text: String?): Map<String, List<Any>> {
    val found = Json.parse(text ?: "{}", "columns")
    return found.keys().associateWith { name ->
        found[name].list.map { one -> one.orEmpty.ifEmpty { one.number } }
    }
}

private fun fed(beside: Map<String, Any>): String =
    beside.entries.joinToString(";") { (name, batch) ->
        val row = (batch as Array<*>)[0]
        name + "=" + if (row is FloatArray) row.joinToString(",") else (row as IntArray).joinToString(",")
    }

private fun learnt(recommender: Recommender, history: List<Int>, taken: List<Int>): String {
    val session = Session()
    for (item in taken) recommender.learn(session, history, item)
    val after = recommender.recommend(history, session = session).items
    val user = session.user.toList()
    recommender.forget(session)
    val forgotten = recommender.recommend(history, session = session).items
    return listOf(after, user, forgotten, session.user.toList()).joinToString(";") { it.joinToString(",") }
}

private fun told(answer: Answer): String =
    listOf(answer.items, answer.ids, answer.titles, answer.scores, answer.unknown)
        .joinToString(";") { it.joinToString(",") } + ";${answer.missing}"
