/*
 * The sample app without its screen: a session is asked as the screen would ask it, and what would be
 * shown is told. The "screen" is this thread, as a queue that is worked off after each order.
 *
 *   touch=ID  remove=ID  forget  search=QUERY  reopen  burst=ID,ID,…
 *
 * Answered by one line an order, joined by " | ": touched;recommended;missing, or the ids found.
 */
package rbench

import java.io.File
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.rbench.sample.Catalogue
import org.rbench.sample.Session
import org.rbench.sample.Shown

class App(private val bundle: File, private val history: File) {
    private val queue = LinkedBlockingQueue<Runnable>()
    private val threads = mutableSetOf<String>()
    private val failures = mutableListOf<String>()
    private var catalogue: Catalogue? = null
    private var shown: Shown? = null
    private var paints = 0
    private var session = opened()

    private fun opened(): Session {
        val read = Recommender.files(bundle)
        return Session(
            read = { name -> threads += Thread.currentThread().name; read(name) },
            history = history,
            screen = { queue.put(it) },
            show = { shown = it; paints++ },
            ready = { catalogue = it },
            fail = { failures += it },
        )
    }

    fun run(orders: List<String>): String =
        try {
            settle()
            if (catalogue == null) told() else worked(orders).joinToString(" | ")
        } finally {
            session.close()
        }

    private fun worked(orders: List<String>): List<String> {
        val said = orders.map { order ->
            val (word, value) = order.split("=", limit = 2) + ""
            shown = null
            when (word) {
                "touch" -> session.touch(value)
                "remove" -> session.remove(value)
                "forget" -> session.forget()
                "burst" -> {
                    paints = 0
                    value.split(",").forEach { session.touch(it) }
                }
                "reopen" -> {
                    session.close()
                    session = opened()
                }
                "search" -> return@map catalogue?.search(value).orEmpty().joinToString(",")
                else -> throw IllegalArgumentException("no such order: $word")
            }
            settle()
            told()
        }
        return said + "read on ${threads.sorted().joinToString(",")}; painted $paints times"
    }

    private fun told(): String {
        val known = shown ?: return "failed: ${failures.joinToString("; ")}"
        return listOf(
            known.touched.joinToString(","),
            known.answer?.ids.orEmpty().joinToString(","),
            known.answer?.missing ?: "-",
        ).joinToString(";")
    }

    /** Until something is shown or has failed, as the screen would. */
    private fun settle() {
        val failed = failures.size
        while (shown == null && failures.size == failed) {
            val work = queue.poll(60, TimeUnit.SECONDS)
                ?: throw IllegalStateException("the session said nothing for a minute")
            work.run()
        }
    }
}
