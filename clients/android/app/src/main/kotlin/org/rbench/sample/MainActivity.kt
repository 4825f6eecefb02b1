package org.rbench.sample

import android.app.Activity
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.text.Editable
import android.text.TextWatcher
import android.view.View
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.Button
import android.widget.EditText
import android.widget.ListView
import android.widget.TextView
import java.io.File

/**
 * Search on top, below it what was touched, newest first, and what is recommended for it. A tap on a
 * search result or a recommendation touches the item; a tap on a touched one takes it back.
 */
class MainActivity : Activity() {
    private lateinit var session: Session
    private lateinit var results: Rows
    private lateinit var touched: Rows
    private lateinit var recommended: Rows
    private lateinit var status: TextView
    private var catalogue: Catalogue? = null

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        setContentView(R.layout.main)
        status = findViewById(R.id.status)
        status.setText(R.string.loading)
        val screen = Handler(Looper.getMainLooper())
        session = Session(
            read = { name -> assets.open("bundle/$name").use { it.readBytes() } },
            history = File(filesDir, "history.txt"),
            screen = { work -> screen.post(work) },
            show = ::show,
            ready = { catalogue = it },
            fail = { status.text = it },
        )
        results = Rows(R.id.results) { session.touch(it) }
        touched = Rows(R.id.touched) { session.remove(it) }
        recommended = Rows(R.id.recommended) { session.touch(it) }
        findViewById<Button>(R.id.forget).setOnClickListener { session.forget() }
        findViewById<EditText>(R.id.search).addTextChangedListener(object : TextWatcher {
            override fun afterTextChanged(text: Editable) =
                results.show(catalogue?.search(text.toString()).orEmpty())

            override fun beforeTextChanged(text: CharSequence, at: Int, count: Int, after: Int) = Unit

            override fun onTextChanged(text: CharSequence, at: Int, before: Int, count: Int) = Unit
        })
    }

    override fun onDestroy() {
        session.close()
        super.onDestroy()
    }

    private fun show(shown: Shown) {
        touched.show(shown.touched)
        val answer = shown.answer
        recommended.show(answer?.ids.orEmpty())
        status.text = when {
            answer == null -> getString(R.string.touch_something)
            answer.missing > 0 -> getString(R.string.fewer, answer.items.size, shown.milliseconds)
            else -> getString(R.string.answered, shown.milliseconds)
        }
    }

    /** A list of items by their titles. */
    private inner class Rows(list: Int, tapped: (String) -> Unit) : AdapterView.OnItemClickListener {
        private val adapter =
            ArrayAdapter<String>(this@MainActivity, android.R.layout.simple_list_item_1)
        private val act = tapped
        private var ids = emptyList<String>()

        init {
            findViewById<ListView>(list).let {
                it.adapter = adapter
                it.onItemClickListener = this
            }
        }

        fun show(items: List<String>) {
            ids = items
            adapter.clear()
            adapter.addAll(items.map { catalogue?.title(it) ?: it })
        }

        override fun onItemClick(parent: AdapterView<*>?, row: View?, position: Int, id: Long) {
            ids.getOrNull(position)?.let(act)
        }
    }
}
